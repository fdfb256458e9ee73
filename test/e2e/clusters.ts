import { execFileSync, type ExecFileSyncOptionsWithBufferEncoding } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { labEnvironment } from '../clusters/eks/lab.ts'

/** Targets of these suites that are clusters. */
export type ClusterTarget = 'docker-desktop' | 'kind' | 'eks'

/** The kind cluster that the tests of one file share: making one for each would take most of the time. Never a user's own. */
export const kindCluster = `ist-${String(process.pid)}`

/** What a sandbox's environment needs for a target: where its kubeconfig is, and which cluster to make. */
export function environmentFor(target: ClusterTarget): Readonly<Record<string, string>> {
  const lab = process.env['IAMSTACK_LAB_KUBECONFIG_DOCKER_DESKTOP']
  switch (target) {
    case 'docker-desktop':
      return lab === undefined ? {} : { KUBECONFIG: lab }
    case 'kind': {
      const image = process.env['IAMSTACK_LAB_KIND_IMAGE']
      const settings = [
        `kind.cluster=${kindCluster}`,
        ...(image === undefined ? [] : [`kind.image=${image}`]),
      ]
      return { IAMSTACK_SET: settings.join(',') }
    }
    case 'eks':
      return labEnvironment
    default:
      return target satisfies never
  }
}

/** Output of `kubectl` on a target's cluster, without its last line end. Throws with what it said when it fails. */
export function kubectl(target: ClusterTarget, ...words: string[]): string {
  return kubectlBytes(target, ...words)
    .toString()
    .trim()
}

/** The same as it comes. */
export function kubectlBytes(target: ClusterTarget, ...words: string[]): Buffer {
  const { file, context, dispose } = kubeconfigOf(target)
  try {
    const given = file === undefined ? [] : ['--kubeconfig', file]
    return execFileSync('kubectl', [...given, '--context', context, ...words], asBytes)
  } finally {
    dispose()
  }
}

/** Namespaces of a stack, of all its instances. */
export function namespacesOf(target: ClusterTarget, stack: string): string[] {
  if (target === 'kind' && !hasKindCluster()) return []
  return kubectl(target, 'get', 'namespaces', '--selector', 'iamstack.dev/project', '--output', 'name')
    .split('\n')
    .map((name) => name.replace('namespace/', ''))
    .filter((name) => name === stack || name.startsWith(`${stack}-`))
}

/** They go while the next test begins: no two have the same name. */
export function removeNamespacesOf(target: ClusterTarget, stack: string): void {
  const names = namespacesOf(target, stack)
  if (names.length > 0) kubectl(target, 'delete', 'namespace', '--wait=false', ...names)
}

export function hasKindCluster(name = kindCluster): boolean {
  return run('kind', ['get', 'clusters']).split('\n').includes(name)
}

/** The one cluster that sandboxes share, when the last test of a file has ended. */
export function deleteKindCluster(name = kindCluster): void {
  const folder = mkdtempSync(join(tmpdir(), 'iamstack-kind-'))
  run('kind', ['delete', 'cluster', '--name', name, '--kubeconfig', join(folder, 'kubeconfig')])
  rmSync(folder, { recursive: true })
}

function kubeconfigOf(target: ClusterTarget): {
  readonly file: string | undefined
  readonly context: string
  readonly dispose: () => void
} {
  const lab = process.env['IAMSTACK_LAB_KUBECONFIG_DOCKER_DESKTOP']
  const dispose = (): void => undefined
  if (target === 'docker-desktop') return { file: lab, context: 'docker-desktop', dispose }
  if (target === 'eks')
    return { file: process.env['IAMSTACK_LAB_KUBECONFIG_KIND_EKS'], context: 'kind-eks', dispose }
  const folder = mkdtempSync(join(tmpdir(), 'iamstack-kind-'))
  const file = join(folder, 'kubeconfig')
  if (!existsSync(file))
    writeFileSync(file, run('kind', ['get', 'kubeconfig', '--name', kindCluster]), { mode: 0o600 })
  return { file, context: `kind-${kindCluster}`, dispose: () => rmSync(folder, { recursive: true }) }
}

function run(program: string, words: readonly string[]): string {
  return execFileSync(program, words, asBytes).toString().trim()
}

const asBytes: ExecFileSyncOptionsWithBufferEncoding = {
  stdio: ['ignore', 'pipe', 'pipe'],
  maxBuffer: 1 << 28,
}
