import type { KindOfObject, KubeClient, KubeObject } from './client.ts'
import { isNotFound } from './errors.ts'
import { collectionPath, objectPath, pathOf } from './paths.ts'
import type { Transport } from './transport.ts'

/** Who we are to the server when it notes whose field is whose. */
const ourManager = 'iamstack'

type Objects = Pick<KubeClient, 'get' | 'apply' | 'create' | 'patch' | 'replace' | 'remove'>

/** One object at a time. */
export function objectCalls(transport: Transport): Objects {
  return {
    get: async (kind, namespace, name, signal) => {
      try {
        const path = objectPath(kind, namespace, name)
        return objectOf(kind, await transport.call({ method: 'GET', path, ...(signal && { signal }) }))
      } catch (error) {
        if (isNotFound(error)) return undefined
        throw error
      }
    },

    apply: async (kind, object, options = {}) =>
      objectOf(
        kind,
        await transport.call({
          method: 'PATCH',
          path: pathOf(kind, object),
          query: {
            fieldManager: options.fieldManager ?? ourManager,
            force: options.force ?? false,
            dryRun: options.dryRun === true ? 'All' : undefined,
          },
          // JSON is YAML.
          contentType: 'application/apply-patch+yaml',
          json: object,
          // Applying the same twice ends in the same.
          isRepeatable: true,
          ...(options.signal && { signal: options.signal }),
        }),
      ),

    create: async (kind, object, signal) =>
      objectOf(
        kind,
        await transport.call({
          method: 'POST',
          path: collectionPath(kind, object.metadata.namespace),
          query: { fieldManager: ourManager },
          json: object,
          ...(signal && { signal }),
        }),
      ),

    patch: async (kind, namespace, name, patch, options = {}) =>
      objectOf(
        kind,
        await transport.call({
          method: 'PATCH',
          path: objectPath(kind, namespace, name, options.subresource),
          query: { fieldManager: options.fieldManager ?? ourManager },
          contentType: 'application/merge-patch+json',
          json: patch,
          ...(options.signal && { signal: options.signal }),
        }),
      ),

    replace: async (kind, object, signal) =>
      objectOf(
        kind,
        await transport.call({
          method: 'PUT',
          path: pathOf(kind, object),
          query: { fieldManager: ourManager },
          json: object,
          ...(signal && { signal }),
        }),
      ),

    remove: async (kind, namespace, name, options = {}) => {
      try {
        await transport.call({
          method: 'DELETE',
          path: objectPath(kind, namespace, name),
          json: {
            apiVersion: 'v1',
            kind: 'DeleteOptions',
            propagationPolicy: options.propagation ?? 'Background',
            ...(options.uid !== undefined && { preconditions: { uid: options.uid } }),
            ...(options.grace !== undefined && { gracePeriodSeconds: options.grace }),
          },
          // A second one of the same name may be somebody's new object.
          isRepeatable: options.uid !== undefined,
          ...(options.signal && { signal: options.signal }),
        })
        return true
      } catch (error) {
        if (isNotFound(error)) return false
        throw error
      }
    },
  }
}

/** A subresource answers in a kind of its own (`Scale`), and says so; what says nothing is of the kind that was asked for. */
export function objectOf(kind: KindOfObject, value: unknown): KubeObject {
  if (typeof value !== 'object' || value === null || !('metadata' in value)) {
    throw new TypeError(`the API server answered a request about a ${kind.kind} with something else`)
  }
  return { apiVersion: kind.apiVersion, kind: kind.kind, ...value } as KubeObject
}
