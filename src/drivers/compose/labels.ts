import type { ResolvedStack } from '../../resolve/resolved.ts'
import type { ResourceId } from '../../plan/resource.ts'
import { digestOfParts } from '../../plan/hash.ts'
import { version } from '../../version.ts'

/** What of a stack names its things in the engine. */
export type Identity = Pick<ResolvedStack, 'name' | 'instance' | 'project' | 'root' | 'file'>

/** Compose's own labels: with them `docker compose -p NAME ps` and `logs` see what we run. */
export const composeLabel = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  number: 'com.docker.compose.container-number',
  oneoff: 'com.docker.compose.oneoff',
  configHash: 'com.docker.compose.config-hash',
  version: 'com.docker.compose.version',
  files: 'com.docker.compose.project.config_files',
  folder: 'com.docker.compose.project.working_dir',
  network: 'com.docker.compose.network',
  volume: 'com.docker.compose.volume',
} as const

/** Our own labels. What the engine can tell is read from here and kept nowhere else. */
export const label = {
  stack: 'dev.iamstack.stack',
  instance: 'dev.iamstack.instance',
  resource: 'dev.iamstack.resource',
  hash: 'dev.iamstack.hash',
  /** JSON: digest by part. */
  parts: 'dev.iamstack.parts',
  version: 'dev.iamstack.version',
  role: 'dev.iamstack.role',
  /** One word per container; the volumes made for it carry the same. */
  generation: 'dev.iamstack.generation',
  /** JSON of the check that we make ourselves. */
  probe: 'dev.iamstack.probe',
  /** The service whose network a container shares. */
  pod: 'dev.iamstack.pod',
  /** Name of the init step. */
  init: 'dev.iamstack.init',
  /** A new word for each time a volume is made. */
  incarnation: 'dev.iamstack.incarnation',
  /** JSON: incarnation by volume, as a job found them. */
  volumes: 'dev.iamstack.volumes',
  /** On replicas that the gateway passes requests on to. */
  fronted: 'dev.iamstack.fronted',
  /** Digest of the servers a gateway was started with. */
  servers: 'dev.iamstack.servers',
  /** JSON: port inside the gateway by `service.port`. */
  listens: 'dev.iamstack.listens',
} as const

export type Role = 'replica' | 'init' | 'job' | 'gateway' | 'once' | 'filler' | 'data' | 'scratch' | 'files'

export type Labels = Readonly<Record<string, string>>

/** The API's filter for everything of one project, ours or not. */
export function projectFilter(identity: Identity): string {
  return `${composeLabel.project}=${identity.project}`
}

/** Labels of everything that belongs to a stack. */
export function identityLabels(identity: Identity, resource: ResourceId, role: Role | undefined): Labels {
  return {
    [composeLabel.project]: identity.project,
    [composeLabel.version]: version,
    [composeLabel.folder]: identity.root,
    [composeLabel.files]: identity.file,
    [label.stack]: identity.name,
    [label.instance]: identity.instance ?? '',
    [label.resource]: resource,
    [label.version]: version,
    ...(role !== undefined && { [label.role]: role }),
  }
}

/** Labels that describe how a thing was made, so that a difference can be told in words. */
export function partsLabels(parts: Readonly<Record<string, string>>): Labels {
  const hash = digestOfParts(parts)
  return { [label.parts]: JSON.stringify(parts), [label.hash]: hash, [composeLabel.configHash]: hash }
}

/** Whether labels say that a thing was made by this stack of this folder. */
export function isOurs(identity: Identity, labels: Labels | null): boolean {
  return (
    labels?.[composeLabel.project] === identity.project &&
    labels[label.stack] === identity.name &&
    labels[composeLabel.folder] === identity.root
  )
}

/** The parts in a label; undefined where there are none that we can read. */
export function partsOf(labels: Labels | null): Readonly<Record<string, string>> | undefined {
  return textRecord(labels?.[label.parts])
}

/** JSON of an object of texts; undefined for anything else. */
export function textRecord(json: string | undefined): Readonly<Record<string, string>> | undefined {
  if (json === undefined) return undefined
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const entries = Object.entries(value)
    const isText = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === 'string'
    return entries.every(isText) ? Object.fromEntries(entries) : undefined
  } catch {
    // Somebody else wrote the label.
    return undefined
  }
}
