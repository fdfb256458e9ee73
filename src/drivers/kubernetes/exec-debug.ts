import { randomBytes } from 'node:crypto'
import { StepError } from '../../plan/step-error.ts'
import { KubeError, type KubeClient, type KubeObject } from '../../platform/kubernetes/client.ts'
import { kinds } from '../../platform/kubernetes/kinds.ts'
import type { ExecRequest } from '../driver.ts'
import { connected } from './context.ts'
import { wrappedCommand } from './exec-command.ts'
import { startFailure } from './exec-failure.ts'
import { chosenContainer, type ExecContext } from './exec.ts'
import { refuseStuck } from './stuck.ts'
import { runIn } from './exec-streams.ts'
import { statusOf, type PlacedContainer } from './pod-places.ts'

/** Has a shell and the usual tools. */
export const debugImage = 'busybox:stable'

/** How long it may take until the debugging container runs, in milliseconds; its image may have to be pulled. */
const startLimit = 60_000
/** Seconds after which a debugging container that nobody ended ends by itself. */
const longestLife = 43_200
/** Made by whoever leaves: the container's own sign to end. Its process 1 may be the service's, so no signal will do. */
const over = '/tmp/iamstack-debug-is-over'

/**
 * Runs a command beside a replica, in a container of its own that shares network and processes with the service's: for images
 * without a shell. The service's files are below `/proc/1/root`. The pod keeps the traces of it (an ephemeral container that has
 * ended) until it is replaced; the service itself is not touched.
 */
export async function execDebug(
  context: ExecContext,
  request: ExecRequest,
  signal: AbortSignal,
  image: string = debugImage,
): Promise<number> {
  const client = await connected(context)
  const target = await chosenContainer(context, client, request, signal)
  const name = `debug-${randomBytes(4).toString('hex')}`
  await addContainer(client, context, target, { name, image }, signal)
  const place = { namespace: context.namespace, pod: target.pod.name, container: name }
  try {
    await untilRunning(client, context, target, name, signal)
    const outcome = await runIn(client, place, { ...request, command: wrappedCommand(request) }, signal)
    return outcome.kind === 'ended'
      ? outcome.exitCode
      : startFailure(outcome.error, request, target, context.stack)
  } finally {
    await endContainer(client, place)
  }
}

async function addContainer(
  client: KubeClient,
  { namespace }: ExecContext,
  { pod, name: targetContainerName }: PlacedContainer,
  { name, image }: { readonly name: string; readonly image: string },
  signal: AbortSignal,
): Promise<void> {
  const spec = pod.object['spec'] as { readonly ephemeralContainers?: readonly unknown[] } | undefined
  const wait = `n=0; while [ ! -e ${over} ] && [ $n -lt ${longestLife} ]; do sleep 1; n=$((n+1)); done`
  const container = {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    targetContainerName,
    command: ['sh', '-c', wait],
    // To see the files and memory of processes of another user.
    securityContext: { capabilities: { add: ['SYS_PTRACE'] } },
  }
  const ephemeralContainers = [...(spec?.ephemeralContainers ?? []), container]
  try {
    await client.patch(
      kinds.Pod,
      namespace,
      pod.name,
      { spec: { ephemeralContainers } },
      {
        subresource: 'ephemeralcontainers',
        signal,
      },
    )
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    throw new StepError(
      'precondition',
      `no debugging container can be added to ${pod.name}: ${error.message}`,
      {
        ...(error.status === 403 && {
          hint: 'it takes the right to patch pods/ephemeralcontainers, and a namespace that allows the capability SYS_PTRACE',
        }),
        cause: error,
      },
    )
  }
}

async function untilRunning(
  client: KubeClient,
  { namespace }: ExecContext,
  { pod }: PlacedContainer,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), startLimit)
  const abort = (): void => limit.abort()
  signal.addEventListener('abort', abort, { once: true })
  const options = { namespace, fieldSelector: `metadata.name=${pod.name}` }
  try {
    for await (const event of client.watch(kinds.Pod, options, limit.signal)) {
      const objects = event.type === 'listed' ? event.objects : [event.object]
      if (event.type === 'deleted' || objects.length === 0)
        throw new StepError('deploy', `${pod.name} went away`)
      if (objects.some((object) => isRunning(object, name))) return
    }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
  signal.throwIfAborted()
  throw new StepError(
    'timeout',
    `the debugging container in ${pod.name} did not start within ${startLimit / 1000} s`,
  )
}

function isRunning(object: KubeObject, name: string): boolean {
  const state = statusOf(object, name)?.state
  refuseStuck(state, 'the debugging container')
  return state?.running !== undefined
}

/** Best effort: it ends by itself in time, and with its pod in any case. */
async function endContainer(
  client: KubeClient,
  {
    namespace,
    pod,
    container,
  }: { readonly namespace: string; readonly pod: string; readonly container: string },
): Promise<void> {
  try {
    const command = ['touch', over]
    const end = await client.exec(
      namespace,
      pod,
      { container, command, tty: false, stdin: false },
      AbortSignal.timeout(5000),
    )
    await end.exitCode
  } catch {
    // The pod, or the container, is gone already.
  }
}
