import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeClient, KubeObject } from '../../../platform/kubernetes/client.ts'
import { kinds } from '../../../platform/kubernetes/kinds.ts'
import type { Run } from '../../driver.ts'
import { connected, type KubeContext } from '../context.ts'
import { secretOfCert, secretOfConfig } from '../desired/names.ts'
import { readPod } from '../diagnose/pod.ts'
import { restartManager, selectorOf } from '../labels.ts'
import type { KubeResource } from '../spec.ts'
import { runIn, type ContainerPlace } from './in-container.ts'
import { contentsOf, mountedFiles, type Contents, type MountedFile } from './mounted-files.ts'
import { applyObjects } from './objects.ts'
import { tell } from './told.ts'
import { restartWorkload, type Workload } from './workload.ts'

/** A pod that is changed is looked at by its node at once, instead of within a minute: its files follow. */
const nudgeAnnotation = 'iamstack.dev/reloaded-at'
const pause = 500

/**
 * Tells the running programs of a service that their files have changed, once the files have: nodes bring new content to running
 * pods by themselves, a while after. Where that cannot be seen or told (no `cat` or `kill` in the image) the pods are replaced.
 */
export async function reloadWorkload(
  context: KubeContext,
  wanted: KubeResource,
  workload: Workload,
  changed: readonly string[],
  run: Run,
): Promise<void> {
  const client = await connected(context)
  const contents = await contentsOf(client, context.namespace, changed.flatMap(objectsOf), run.signal)
  const pods = await readyPods(client, context, workload, run)
  const end = Date.now() + wanted.timeout
  const done = await Promise.all(
    pods.map((pod) => reloadPod(client, pod, contents, { context, wanted, run, end })),
  )
  // The description is written last: an interrupted reload is done again.
  await applyObjects(context, wanted, run, { mayReplace: false })
  if (done.every(Boolean)) return
  tell(run, `service ${wanted.name} cannot be told of its new files, so its pods are replaced`)
  await restartWorkload(context, workload, run)
}

/** The objects behind a part such as `config app`. */
function objectsOf(part: string): (readonly ['ConfigMap' | 'Secret', string])[] {
  const [kind = '', name = ''] = part.split(' ')
  switch (kind) {
    case 'config':
      return [
        ['ConfigMap', name],
        ['Secret', secretOfConfig(name)],
      ]
    case 'secret':
      return [['Secret', name]]
    case 'cert':
      return [['Secret', secretOfCert(name)]]
    default:
      return []
  }
}

async function readyPods(
  client: KubeClient,
  { project, namespace }: KubeContext,
  { name }: Workload,
  { signal }: Run,
): Promise<KubeObject[]> {
  const labels = Object.entries(selectorOf(project, name)).map(([key, value]) => `${key}=${value}`)
  const { items } = await client.list(kinds.Pod, { namespace, labelSelector: labels.join(',') }, signal)
  return items.filter((item) => {
    const { isReady, isEnding } = readPod(item)
    return isReady && !isEnding
  })
}

interface Reloading {
  readonly context: KubeContext
  readonly wanted: KubeResource
  readonly run: Run
  /** Epoch milliseconds. */
  readonly end: number
}

/** True when all its programs were told. */
async function reloadPod(
  client: KubeClient,
  pod: KubeObject,
  contents: ReadonlyMap<string, Contents>,
  reloading: Reloading,
): Promise<boolean> {
  const { context, run } = reloading
  const { namespace } = context
  const files = mountedFiles(pod, contents)
  const { name } = pod.metadata
  await client.patch(
    kinds.Pod,
    namespace,
    name,
    { metadata: { annotations: { [nudgeAnnotation]: String(Date.now()) } } },
    { fieldManager: restartManager, signal: run.signal },
  )
  const containers = [...new Set(files.map(({ container }) => container))]
  const told = await Promise.all(
    containers.map(async (container) => {
      const reload = context.stack.services.get(container)?.reload
      if (reload?.kind !== 'signal') return true
      const place: ContainerPlace = { namespace, pod: name, container }
      const own = files.filter((file) => file.container === container)
      if (!(await untilThere(client, place, own, reloading))) return false
      return signalled(client, place, reload.signal, run)
    }),
  )
  return told.every(Boolean)
}

/** False when it cannot be seen, or did not happen in time. */
async function untilThere(
  client: KubeClient,
  place: ContainerPlace,
  files: readonly MountedFile[],
  { run, end, wanted }: Reloading,
): Promise<boolean> {
  const expected = Buffer.concat(files.map(({ bytes }) => bytes))
  const command = ['cat', ...files.map(({ path }) => path)]
  run.progress(wanted.id, `waiting for new files in pod ${place.pod}`)
  while (Date.now() < end) {
    const seen = await runIn(client, place, command, run.signal)
    if (!seen) return false
    if (expected.equals(seen)) return true
    await sleep(pause, undefined, { signal: run.signal })
  }
  return false
}

async function signalled(
  client: KubeClient,
  place: ContainerPlace,
  signal: string,
  run: Run,
): Promise<boolean> {
  const name = signal.replace(/^SIG/, '')
  const commands = [
    ['kill', `-${name}`, '1'],
    ['sh', '-c', `kill -${name} 1`],
  ]
  for (const command of commands) {
    if ((await runIn(client, place, command, run.signal)) !== undefined) return true
  }
  return false
}
