import { randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'
import type { KubeClient } from '../../src/platform/kubernetes/client.ts'
import { kinds } from '../../src/platform/kubernetes/kinds.ts'
import { connect } from './connect.ts'

export interface InCluster {
  readonly client: KubeClient
  readonly namespace: string
}

/** A client, and a name that no namespace has, both gone after the test. */
export async function inCluster(): Promise<InCluster> {
  const client = await connect()
  const namespace = `ist-${randomBytes(4).toString('hex')}`
  onTestFinished(async () => {
    await client.remove(kinds.Namespace, undefined, namespace)
    client.close()
  })
  return { client, namespace }
}
