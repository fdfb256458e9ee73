import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fieldsAnnotation } from '../../../src/drivers/kubernetes/observe/annotations.ts'
import {
  ownedFields,
  pathText,
  type FieldTree,
} from '../../../src/drivers/kubernetes/observe/owned-fields.ts'
import { predictFields } from '../../../src/drivers/kubernetes/observe/predict-fields.ts'
import { missingPaths } from '../../../src/drivers/kubernetes/observe/drift.ts'
import type { KubeResource } from '../../../src/drivers/kubernetes/spec.ts'
import type { KubeObject } from '../../../src/platform/kubernetes/client.ts'
import { kinds } from '../../../src/platform/kubernetes/kinds.ts'
import { resolvedStack } from '../../resolve/stack.ts'
import { ClusterBench, isClusterWanted } from './apply-bench.ts'
import { referenceFacts, referenceStack } from './desired-reference.ts'
import { desiredIn, objectsOf } from './desired-setup.ts'
import { everyFact, everyField } from './desired-stacks.ts'

describe.skipIf(!isClusterWanted)('fields that the server will note', () => {
  let bench: ClusterBench
  beforeAll(async () => {
    bench = await ClusterBench.open()
    await bench.client.create(kinds.Namespace, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: bench.project },
    })
  })
  afterAll(() => bench.close())

  /** Every path that is in one set and not in the other. */
  async function wrong(resources: readonly KubeResource[]): Promise<string[]> {
    const found: string[] = []
    for (const { kind, object, secrets } of objectsOf(resources)) {
      if (kind.kind === 'Namespace') continue
      const data = Object.fromEntries([...secrets.keys()].map((key) => [key, 'e30=']))
      const sent = inNamespace({ ...object, ...(secrets.size > 0 && { data }) }, bench.project)
      const guess = predictFields(sent)
      const made = ownedFields(await bench.client.apply(kind, sent, { dryRun: true }))
      found.push(
        ...missingPaths(exactly(made), exactly(guess)).map(
          (path) => `${kind.kind}: not foreseen ${pathText(path)}`,
        ),
        ...missingPaths(exactly(guess), exactly(made)).map(
          (path) => `${kind.kind}: not there ${pathText(path)}`,
        ),
      )
    }
    return [...new Set(found)].sort()
  }

  it('are foreseen for everything of the reference stack', async () => {
    const stack = await referenceStack('docker-desktop')
    expect(await wrong(desiredIn(stack, referenceFacts(stack), 'docker-desktop'))).toEqual([])
  })

  it('are foreseen for a stack that uses every field', async () => {
    const stack = await resolvedStack(everyField, { profile: 'docker-desktop' })
    expect(await wrong(desiredIn(stack, everyFact, 'docker-desktop'))).toEqual([])
  })
})

function inNamespace(object: KubeObject, namespace: string): KubeObject {
  const annotations = { ...object.metadata.annotations, [fieldsAnnotation]: '' }
  return { ...object, metadata: { ...object.metadata, namespace, annotations } }
}

/** Leaves get a leaf below, so that a set that is whole on one side only shows as a difference. */
function exactly(tree: FieldTree): FieldTree {
  const entries = Object.entries(tree)
  return entries.length === 0
    ? { 'f:': { 'f:': {} } }
    : Object.fromEntries(entries.map(([step, inner]) => [step, exactly(inner)]))
}
