import type { Engine } from './engine.ts'
import { labelFilter } from './filters.ts'

/** One entry of `GET /volumes`. */
export interface Volume {
  readonly Name: string
  readonly Driver: string
  readonly Mountpoint: string
  /** RFC 3339. */
  readonly CreatedAt?: string
  readonly Labels: Readonly<Record<string, string>> | null
}

/** Volumes by labels (`name` or `name=value`); all where there are none. */
export async function listVolumes(
  engine: Engine,
  labels: readonly string[],
  signal?: AbortSignal,
): Promise<Volume[]> {
  const query = { filters: labelFilter(labels) }
  const answer = (await engine.get('/volumes', { query, ...(signal && { signal }) })) as {
    Volumes: Volume[] | null
  }
  return answer.Volumes ?? []
}

/** A volume that is there already is left as it is, whatever its labels, and returned. */
export async function createVolume(
  engine: Engine,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<Volume> {
  return (await engine.post('/volumes/create', { json: { Name: name, Labels: labels } })) as Volume
}

/** EngineError 409: a container still uses it. */
export async function removeVolume(engine: Engine, name: string): Promise<void> {
  await engine.delete(`/volumes/${name}`)
}
