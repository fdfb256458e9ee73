import { canonical } from '../../../plan/hash.ts'
import type { Mount } from '../../../resolve/resolved.ts'
import type { DesiredContext } from './context.ts'
import { secretOfCert, secretOfConfig } from './names.ts'
import { filled } from './objects.ts'
import { certFiles } from './secrets.ts'

/** The volumes of a pod in the making: what two containers mount in the same way is one volume. */
export interface PodVolumes {
  readonly list: () => readonly unknown[]
  /** The name of the volume with this source, made where it is not there yet. */
  readonly nameOf: (base: string, source: Readonly<Record<string, unknown>>) => string
}

export function podVolumes(): PodVolumes {
  const volumes = new Map<
    string,
    { readonly source: Readonly<Record<string, unknown>>; readonly digest: string }
  >()
  return {
    list: () => [...volumes].map(([name, { source }]) => ({ name, ...source })),
    nameOf(base, source) {
      const digest = canonical(source)
      const short = volumeName(base)
      for (let number = 1; ; number += 1) {
        const name = number === 1 ? short : `${short}-${number}`
        const known = volumes.get(name)
        if (known && known.digest !== digest) continue
        volumes.set(name, { source, digest })
        return name
      }
    },
  }
}

/** Names of volumes are DNS labels, with room for a number behind. */
function volumeName(base: string): string {
  return base.slice(0, 58).replace(/-+$/, '')
}

/** Whose mounts these are, as far as that decides what lies in them. */
export interface MountReader {
  readonly consumer: string
  /** The image's own user cannot be given the files, so everybody in the container may read them. */
  readonly isOpen: boolean
  /** Volumes that every replica has its own of: the StatefulSet makes them. */
  readonly claimed: ReadonlySet<string>
}

/** Mounts of one container in Kubernetes' notation, in the order of the file. */
export function mountsOf(
  mounts: readonly Mount[],
  reader: MountReader,
  volumes: PodVolumes,
  context: DesiredContext,
): unknown[] {
  return mounts.flatMap((mount) => mountOf(mount, reader, volumes, context))
}

function mountOf(mount: Mount, reader: MountReader, volumes: PodVolumes, context: DesiredContext): unknown[] {
  const at = (name: string, subPath?: string): unknown[] => [
    {
      name,
      mountPath: mount.path,
      ...(subPath !== undefined && { subPath }),
      ...(mount.isReadOnly && { readOnly: true }),
    },
  ]
  switch (mount.kind) {
    case 'volume': {
      const subPath = mount.subPath?.replace(/^\/+|\/+$/g, '')
      if (reader.claimed.has(mount.volume)) return at(claimNameOf(mount.volume), subPath)
      const source = { persistentVolumeClaim: { claimName: mount.volume } }
      return at(volumes.nameOf(`volume-${mount.volume}`, source), subPath)
    }
    case 'scratch':
      return at(volumes.nameOf(`scratch-${mount.scratch}`, { emptyDir: {} }))
    case 'bind':
      // Refused by `check`: nodes do not have the files of this machine.
      return []
    case 'config': {
      const projections = configProjections(mount, reader, context)
      return at(volumes.nameOf(`config-${mount.config}`, projected(projections, mount.mode)), fileIn(mount))
    }
    case 'secret': {
      const keys = mount.key === undefined ? mount.keys : [mount.key]
      const all = [...(context.stack.secrets.get(mount.secret)?.keys.keys() ?? [])]
      const items = all.filter((key) => keys?.includes(key) ?? true).map((key) => ({ key, path: key }))
      const source = projected([{ secret: { name: mount.secret, items } }], modeFor(mount.mode, reader))
      return at(volumes.nameOf(`secret-${mount.secret}`, source), fileIn(mount))
    }
    case 'cert': {
      const cert = context.stack.certs.get(mount.cert)
      const items = (cert ? certFiles(cert) : []).map(({ path, isSecret }) => ({
        key: path,
        path,
        // What is public may be read by everybody who may enter.
        ...(!isSecret && { mode: mount.mode | 0o044 }),
      }))
      const source = projected(
        [{ secret: { name: secretOfCert(mount.cert), items } }],
        modeFor(mount.mode, reader),
      )
      return at(volumes.nameOf(`cert-${mount.cert}`, source))
    }
    default:
      return mount satisfies never
  }
}

/** The volume of a StatefulSet's own template. */
export function claimNameOf(volume: string): string {
  return volume
}

/** A file mount puts one file of the volume beside its neighbours. */
function fileIn({ key }: Extract<Mount, { kind: 'config' | 'secret' }>): string | undefined {
  return key?.split('/').at(-1)
}

function projected(sources: readonly unknown[], defaultMode: number): Readonly<Record<string, unknown>> {
  return { projected: { defaultMode, sources } }
}

const ownerOnly = 0o500
const readByAll = 0o444

/** What is for the owner alone must be readable for whoever runs. */
function modeFor(mode: number, { isOpen }: MountReader): number {
  return isOpen ? mode | readByAll : mode
}

/** Plain files from the ConfigMap, those that read secrets from the Secret, in one folder. */
function configProjections(
  mount: Extract<Mount, { kind: 'config' }>,
  reader: MountReader,
  { configs }: DesiredContext,
): unknown[] {
  const wanted = mount.key === undefined ? mount.keys : [mount.key]
  const entries = (configs.get(mount.config)?.entriesOf(reader.consumer) ?? []).filter(
    ({ file }) => wanted?.includes(file.path) ?? true,
  )
  const items = (isSecret: boolean): unknown[] =>
    entries
      .filter((entry) => entry.isSecret === isSecret)
      .map(({ key, file }) => ({
        key,
        path: mount.key === undefined ? file.path : (fileIn(mount) ?? file.path),
        ...(isSecret && { mode: modeFor(mount.mode & ownerOnly, reader) }),
      }))
  const [plain, secret] = [items(false), items(true)]
  const sources = [
    ...(plain.length > 0 ? [{ configMap: filled({ name: mount.config, items: plain }) }] : []),
    ...(secret.length > 0 ? [{ secret: filled({ name: secretOfConfig(mount.config), items: secret }) }] : []),
  ]
  // An empty config is an empty folder.
  return sources.length > 0 ? sources : [{ configMap: { name: mount.config } }]
}
