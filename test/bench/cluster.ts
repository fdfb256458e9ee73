import type { Bench } from './commands.ts'

/** Docker Desktop's cluster: of the lab where it says where that is, else the one of this machine. */
const kubeconfig = process.env['IAMSTACK_LAB_KUBECONFIG_DOCKER_DESKTOP']

export const clusterEnvironment: Readonly<Record<string, string>> =
  kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }

/** The words of `kubectl` for that cluster. */
export const kubectlWords = (...words: readonly string[]): string[] => [
  ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
  '--context',
  'docker-desktop',
  ...words,
]

export const kubectl = (bench: Bench, ...words: readonly string[]): Promise<string> =>
  bench.run('kubectl', kubectlWords(...words))

/** A port that nodes may open, most likely free. */
export const nodePort = (): number => 30_500 + Math.floor(Math.random() * 2_000)
