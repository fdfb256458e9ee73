import { readDocuments } from '../../src/content/manifest-documents.ts'
import { objectsOf } from '../../src/content/manifest-object.ts'
import type { Facts, ImageFact, ManifestFact } from '../../src/drivers/facts.ts'
import { manifestResources, type ManifestContext } from '../../src/drivers/kubernetes/manifests/resources.ts'
import type { KubeResource } from '../../src/drivers/kubernetes/spec.ts'
import type { ResolvedStack } from '../../src/resolve/resolved.ts'
import type { Diagnostic } from '../../src/stack/diagnostics.ts'
import { formatDiagnostics } from '../../src/stack/format-diagnostics.ts'
import { stackOf } from '../content/stack.ts'

/** Raw objects of one text, which must be faultless as such. */
export async function manifestsOf(text: string, file = '/todo/k8s.yaml'): Promise<ManifestFact[]> {
  const findings: Diagnostic[] = []
  const facts = (await readDocuments(file, text, findings)).flatMap((node) => objectsOf(node, findings))
  if (findings.length > 0) throw new Error(findings.map(({ message }) => message).join('\n'))
  return facts
}

export function factsOf(
  manifests: readonly ManifestFact[],
  images: Readonly<Record<string, string>> = {},
): Facts {
  const nothing = new Map<string, never>()
  const defaults: ImageFact['defaults'] = {
    ports: [],
    user: undefined,
    workingDir: undefined,
    stopSignal: undefined,
    hasHealthcheck: false,
    volumes: [],
    entrypoint: undefined,
    command: undefined,
  }
  return {
    images: new Map(
      Object.entries(images).map(([name, reference]) => [name, { hash: reference, reference, defaults }]),
    ),
    configs: nothing,
    secrets: nothing,
    certs: nothing,
    ports: nothing,
    sources: nothing,
    manifests,
    charts: nothing,
  }
}

export const context: ManifestContext = {
  namespace: 'todo',
  imageFor: (reference) => reference,
  pullPolicy: () => 'IfNotPresent',
}

export async function resourcesOf(
  text: string,
  stack: Partial<ResolvedStack> = {},
  images: Readonly<Record<string, string>> = {},
  given: ManifestContext = context,
): Promise<KubeResource[]> {
  return manifestResources(stackOf(stack), factsOf(await manifestsOf(text), images), given)
}

/** What a user reads, without excerpts. */
export function brief(findings: readonly Diagnostic[]): string {
  return formatDiagnostics(findings, { sourceOf: () => undefined, relativeTo: '/todo' })
}
