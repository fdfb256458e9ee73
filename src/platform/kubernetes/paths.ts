import type { KindOfObject, KubeObject } from './client.ts'

/** Path of all objects of a kind: of one namespace, or of every one. */
export function collectionPath(kind: KindOfObject, namespace: string | undefined): string {
  const place =
    kind.isNamespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${groupVersionPath(kind.apiVersion)}${place}/${kind.plural}`
}

/** Path of one object, or of a subresource of it. */
export function objectPath(
  kind: KindOfObject,
  namespace: string | undefined,
  name: string,
  subresource?: string,
): string {
  if (kind.isNamespaced && namespace === undefined) {
    throw new TypeError(`${kind.kind} ${name}: a kind with namespaces needs one`)
  }
  const tail = subresource === undefined ? '' : `/${subresource}`
  return `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}${tail}`
}

export function pathOf(kind: KindOfObject, { metadata }: KubeObject): string {
  return objectPath(kind, metadata.namespace, metadata.name)
}

/** `/api/v1` for the core, `/apis/GROUP/VERSION` for the rest. */
export function groupVersionPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}
