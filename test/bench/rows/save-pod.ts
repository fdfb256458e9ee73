import { watch as watchFolder } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { carryOver, channelCommand } from '../channel.ts'
import { clusterEnvironment, kubectl, kubectlWords, nodePort } from '../cluster.ts'
import type { Bench } from '../commands.ts'
import type { Scenario } from '../measure.ts'
import { writePageContext, type Page } from '../pages.ts'
import { devSession, saver } from '../savers.ts'

/** Row 22: a page is saved, until it is served from a pod of Docker Desktop's cluster. */
export async function savePod(bench: Bench): Promise<Scenario> {
  const folder = (who: string): string => join(bench.folder, who)
  for (const who of ['ours', 'peer', 'floor']) await mkdir(folder(who))
  const page = {
    ours: await writePageContext(join(folder('ours'), 'app')),
    peer: await writePageContext(join(folder('peer'), 'app')),
    floor: await writePageContext(join(folder('floor'), 'app')),
  }
  const port = { ours: nodePort(), peer: nodePort(), floor: nodePort() }
  const dev = devSession(bench, {
    folder: folder('ours'),
    profile: 'docker-desktop',
    env: clusterEnvironment,
    profileText: 'target: docker-desktop\n',
    text: `images: { app: ./app }
services:
  app:
    image: app
    ports: { http: 8000 }
    expose: { http: "node:${port.ours}" }
    health: { http: /, port: http }
    stop: { grace: 1s }
    dev: { sync: infer, restart: none }
`,
  })
  const pods = { peer: `${bench.name}-peer`, floor: `${bench.name}-floor` }
  const endings: (() => void)[] = []
  return {
    rows: [{ number: '22', action: 'save, synced into a pod, until HTTP', targets: { floor: 3 } }],
    contestants: [
      saver({ name: 'ours', what: 'iamstack dev, sync', page: page.ours, port: port.ours, ...dev }),
      saver({
        name: 'peer',
        what: 'fs.watch, kubectl cp',
        page: page.peer,
        port: port.peer,
        begin: async () => {
          await runPod(bench, pods.peer, join(folder('peer'), 'app'), port.peer)
          endings.push(copyEach(page.peer, pods.peer))
        },
        end: () => removePod(bench, pods.peer),
      }),
      saver({
        name: 'floor',
        what: 'fs.watch, a shell in the pod for good through kubectl exec, tmp + mv',
        page: page.floor,
        port: port.floor,
        begin: async () => {
          await runPod(bench, pods.floor, join(folder('floor'), 'app'), port.floor)
          const child = bench.talk(
            'kubectl',
            kubectlWords('exec', '--stdin', pods.floor, '--', ...channelCommand()),
          )
          endings.push(carryOver(page.floor, 'page.txt', child.stdin, child.stdout))
        },
        end: async () => {
          for (const end of endings) end()
          await removePod(bench, pods.floor)
        },
      }),
    ],
  }

  function copyEach(page: Page, pod: string): () => void {
    let under: Promise<unknown> = Promise.resolve()
    const watcher = watchFolder(page.file, () => {
      under = under.then(() => kubectl(bench, 'cp', page.file, `${pod}:/app/page.txt`))
    })
    return () => watcher.close()
  }
}

/** A pod of an image that is built from the folder: Docker Desktop's cluster finds it in the engine. */
async function runPod(bench: Bench, name: string, context: string, port: number): Promise<void> {
  await bench.run('docker', ['build', '--quiet', '--tag', `${name}:v1`, context])
  const labels = { app: name }
  const objects = [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'app', image: `${name}:v1`, imagePullPolicy: 'IfNotPresent' }],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { type: 'NodePort', selector: labels, ports: [{ port: 8000, nodePort: port }] },
    },
  ]
  const file = join(bench.folder, `${name}.json`)
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
  await kubectl(bench, 'apply', '--filename', file)
  await kubectl(bench, 'wait', '--for=condition=Ready', '--timeout=120s', `pod/${name}`)
}

async function removePod(bench: Bench, name: string): Promise<void> {
  await kubectl(bench, 'delete', '--ignore-not-found', '--now', `pod/${name}`, `service/${name}`)
}
