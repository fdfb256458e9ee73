import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clusterEnvironment, kubectlWords } from '../cluster.ts'
import type { Bench } from '../commands.ts'
import { timed, type Scenario } from '../measure.ts'

const count = 40

/** Row 23: forty services run in Docker Desktop's cluster, and nothing changed. */
export async function noOpCluster(bench: Bench): Promise<Scenario> {
  const { folder, name } = bench
  const rendered = join(folder, 'rendered')
  const services = Array.from(
    { length: count },
    (_, index) =>
      `  s${index + 1}: { image: "busybox:stable", entrypoint: [/bin/sleep, "36000"], stop: { grace: 0s } }`,
  )
  await mkdir(join(folder, 'profiles'))
  await writeFile(
    join(folder, 'iamstack.yaml'),
    `version: 1\nname: ${name}\nservices:\n${services.join('\n')}\n`,
  )
  await writeFile(join(folder, 'profiles', 'docker-desktop.yaml'), 'target: docker-desktop\n')
  const iamstack = (...words: string[]): Promise<string> =>
    bench.iamstack([...words, '--profile', 'docker-desktop'], { env: clusterEnvironment })
  return {
    rows: [
      {
        number: '23',
        action: `up, ${count} services on Kubernetes, nothing changed`,
        targets: { peer: 0.5 },
      },
    ],
    contestants: [
      {
        name: 'ours',
        what: 'iamstack up',
        prepare: async () => {
          await iamstack('up', '--yes')
          await iamstack('render', '--directory', rendered)
        },
        round: async () => [await timed(() => iamstack('up'))],
        dispose: async () => {
          await iamstack('down', '--yes', '--volumes')
        },
      },
      {
        name: 'peer',
        what: 'kubectl diff of the same objects',
        round: async () => {
          // 1 says that something differs, such as our labels; more is a failure.
          const script = 'kubectl "$@" > /dev/null; test $? -le 1'
          const words = kubectlWords('diff', '--recursive', '--filename', rendered)
          return [await timed(() => bench.run('sh', ['-c', script, 'sh', ...words]))]
        },
      },
      {
        name: 'floor',
        what: 'kubectl get of all, once',
        round: async () => {
          const kinds = 'deployments,services,configmaps,secrets'
          const words = kubectlWords('get', kinds, '--namespace', name, '--output', 'json')
          return [await timed(() => bench.run('kubectl', words))]
        },
      },
    ],
  }
}
