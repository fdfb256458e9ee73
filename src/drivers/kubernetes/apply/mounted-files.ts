import type { KubeClient, KubeObject } from '../../../platform/kubernetes/client.ts'
import { kinds } from '../../../platform/kubernetes/kinds.ts'
import { below, fieldsOf, listOf, textOf, type Fields } from '../diagnose/json.ts'

/** A file as it is to be in a container. Its bytes may be a secret. */
export interface MountedFile {
  readonly container: string
  readonly path: string
  readonly bytes: Uint8Array
}

/** Files of these objects as they appear in the containers of a pod. Mounts of single files never change and are left out. */
export function mountedFiles(pod: KubeObject, contents: ReadonlyMap<string, Contents>): MountedFile[] {
  const spec = fieldsOf(pod['spec'])
  const volumes = new Map(
    listOf(spec['volumes']).map((volume) => [textOf(volume['name']), filesOf(volume, contents)]),
  )
  return listOf(spec['containers']).flatMap((container) =>
    listOf(container['volumeMounts']).flatMap(({ name, mountPath, subPath, subPathExpr }) => {
      if (subPath !== undefined || subPathExpr !== undefined) return []
      return (volumes.get(textOf(name)) ?? []).map(({ path, bytes }) => ({
        container: textOf(container['name']) ?? '',
        path: `${(textOf(mountPath) ?? '').replace(/\/$/, '')}/${path}`,
        bytes,
      }))
    }),
  )
}

/** Bytes by key. */
export type Contents = ReadonlyMap<string, Uint8Array>

interface VolumeFile {
  readonly path: string
  readonly bytes: Uint8Array
}

function filesOf(volume: Fields, contents: ReadonlyMap<string, Contents>): VolumeFile[] {
  const sources = [volume, ...listOf(below(volume, 'projected', 'sources'))]
  return sources.flatMap((source) => [
    ...filesFrom(
      'ConfigMap',
      below(source, 'configMap', 'name'),
      below(source, 'configMap', 'items'),
      contents,
    ),
    ...filesFrom('Secret', below(source, 'secret', 'secretName'), below(source, 'secret', 'items'), contents),
    ...filesFrom('Secret', below(source, 'secret', 'name'), below(source, 'secret', 'items'), contents),
  ])
}

function filesFrom(
  kind: 'ConfigMap' | 'Secret',
  name: unknown,
  items: unknown,
  contents: ReadonlyMap<string, Contents>,
): VolumeFile[] {
  const data = contents.get(`${kind}/${textOf(name) ?? ''}`)
  if (!data) return []
  const chosen = Array.isArray(items)
    ? listOf(items).map(({ key, path }) => [textOf(key) ?? '', textOf(path) ?? ''] as const)
    : [...data.keys()].map((key) => [key, key] as const)
  return chosen.flatMap(([key, path]) => {
    const bytes = data.get(key)
    return bytes ? [{ path, bytes }] : []
  })
}

/** What these ConfigMaps and Secrets hold now, by `Kind/name`; those that do not exist are left out. */
export async function contentsOf(
  client: KubeClient,
  namespace: string,
  names: readonly (readonly [kind: 'ConfigMap' | 'Secret', name: string])[],
  signal: AbortSignal,
): Promise<Map<string, Contents>> {
  const found = await Promise.all(
    names.map(async ([kind, name]) => {
      const object = await client.get(kinds[kind], namespace, name, signal)
      return object ? [[`${kind}/${name}`, bytesIn(kind, object)] as const] : []
    }),
  )
  return new Map(found.flat())
}

function bytesIn(kind: 'ConfigMap' | 'Secret', object: KubeObject): Contents {
  const plain = Object.entries(fieldsOf(object['data']))
  const binary = Object.entries(fieldsOf(object['binaryData']))
  const decoded = (entries: [string, unknown][], encoding: 'utf8' | 'base64') =>
    entries.map(([key, value]) => [key, Buffer.from(String(value), encoding)] as const)
  return new Map([...decoded(plain, kind === 'Secret' ? 'base64' : 'utf8'), ...decoded(binary, 'base64')])
}
