import type { ContainerSpec, HealthcheckSpec } from './container-spec.ts'
import type { Engine } from './engine.ts'
import { filters, labelFilter } from './filters.ts'

/** One entry of `GET /containers/json`. */
export interface ContainerSummary {
  readonly Id: string
  /** Each with a slash before it. */
  readonly Names: readonly string[]
  readonly Image: string
  readonly ImageID: string
  readonly Command: string
  /** Epoch seconds. */
  readonly Created: number
  readonly State: ContainerState
  /** Words: `Up 2 minutes (healthy)`, `Exited (1) 3 seconds ago`. */
  readonly Status: string
  readonly Labels: Readonly<Record<string, string>>
  readonly Ports: readonly {
    readonly IP?: string
    readonly PrivatePort: number
    readonly PublicPort?: number
    readonly Type: 'tcp' | 'udp' | 'sctp'
  }[]
  readonly Mounts: readonly MountPoint[]
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, NetworkAttachment>> }
}

export type ContainerState = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'

export interface MountPoint {
  readonly Type: string
  readonly Name?: string
  readonly Source: string
  readonly Destination: string
  readonly RW: boolean
}

export interface NetworkAttachment {
  readonly NetworkID: string
  readonly IPAddress: string
  readonly Gateway: string
  readonly Aliases: readonly string[] | null
}

/** `GET /containers/{id}/json`. */
export interface ContainerDetail {
  readonly Id: string
  readonly Name: string
  /** RFC 3339. */
  readonly Created: string
  readonly Image: string
  readonly RestartCount: number
  readonly State: {
    readonly Status: ContainerState
    readonly Running: boolean
    readonly ExitCode: number
    readonly OOMKilled: boolean
    /** Why the last start failed; '' where it did not. */
    readonly Error: string
    readonly StartedAt: string
    readonly FinishedAt: string
    readonly Health?: ContainerHealth
  }
  readonly Config: {
    readonly Image: string
    readonly Env: readonly string[] | null
    readonly Cmd: readonly string[] | null
    readonly Entrypoint: readonly string[] | null
    readonly User: string
    readonly WorkingDir: string
    readonly Tty: boolean
    readonly Labels: Readonly<Record<string, string>> | null
    readonly Healthcheck?: HealthcheckSpec
  }
  readonly Mounts: readonly MountPoint[]
  readonly NetworkSettings: {
    readonly Ports: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
    >
    readonly Networks: Readonly<Record<string, NetworkAttachment>>
  }
}

export interface ContainerHealth {
  readonly Status: 'none' | 'starting' | 'healthy' | 'unhealthy'
  readonly FailingStreak: number
  readonly Log:
    | readonly {
        readonly Start: string
        readonly End: string
        readonly ExitCode: number
        readonly Output: string
      }[]
    | null
}

/** Containers in every state, by labels (`name` or `name=value`). */
export async function listContainers(
  engine: Engine,
  labels: readonly string[],
  signal?: AbortSignal,
): Promise<ContainerSummary[]> {
  const query = { all: true, filters: labelFilter(labels) }
  return (await engine.get('/containers/json', { query, ...(signal && { signal }) })) as ContainerSummary[]
}

/** Containers in every state that were made from an image, or from one that is built on it. */
export async function listContainersOf(engine: Engine, image: string): Promise<ContainerSummary[]> {
  const query = { all: true, filters: filters({ ancestor: [image] }) }
  return (await engine.get('/containers/json', { query })) as ContainerSummary[]
}

export async function inspectContainer(
  engine: Engine,
  container: string,
  signal?: AbortSignal,
): Promise<ContainerDetail> {
  return (await engine.get(`/containers/${container}/json`, { ...(signal && { signal }) })) as ContainerDetail
}

/** Makes a container and does not start it. EngineError 404: the image is not there; 409: the name is taken. */
export async function createContainer(
  engine: Engine,
  name: string,
  spec: ContainerSpec,
  options: { readonly platform?: string; readonly signal?: AbortSignal } = {},
): Promise<{ readonly id: string; readonly warnings: readonly string[] }> {
  const answer = (await engine.post('/containers/create', {
    query: { name, platform: options.platform },
    json: spec,
    ...(options.signal && { signal: options.signal }),
  })) as { Id: string; Warnings: string[] | null }
  return { id: answer.Id, warnings: answer.Warnings ?? [] }
}

/** Starting what runs is no error. */
export async function startContainer(engine: Engine, container: string, signal?: AbortSignal): Promise<void> {
  await engine.post(`/containers/${container}/start`, { ...(signal && { signal }) })
}

/**
 * Sends `signal`, default the container's own stop signal, waits `grace` seconds, then kills; back when it has ended.
 * Before API 1.42 the signal can only be set at creation, and this one is ignored. Stopping what is stopped is no error.
 */
export async function stopContainer(
  engine: Engine,
  container: string,
  options: { readonly signal?: string; readonly grace?: number } = {},
): Promise<void> {
  await engine.post(`/containers/${container}/stop`, { query: { signal: options.signal, t: options.grace } })
}

/** Sends a signal, default SIGKILL. EngineError 409 where the container does not run. */
export async function killContainer(engine: Engine, container: string, signal = 'SIGKILL'): Promise<void> {
  await engine.post(`/containers/${container}/kill`, { query: { signal } })
}

/** Restarts in place, with the same meaning of `signal` and `grace` as stopping. */
export async function restartContainer(
  engine: Engine,
  container: string,
  options: { readonly signal?: string; readonly grace?: number } = {},
): Promise<void> {
  await engine.post(`/containers/${container}/restart`, {
    query: { signal: options.signal, t: options.grace },
  })
}

/** Kills where needed, and removes with its anonymous volumes unless `volumes` is false. */
export async function removeContainer(
  engine: Engine,
  container: string,
  options: { readonly force?: boolean; readonly volumes?: boolean } = {},
): Promise<void> {
  await engine.delete(`/containers/${container}`, {
    query: { force: options.force ?? true, v: options.volumes ?? true },
  })
}

export async function renameContainer(engine: Engine, container: string, name: string): Promise<void> {
  await engine.post(`/containers/${container}/rename`, { query: { name } })
}

/** Waits for the end of a container and gives its exit code; `next-exit` must be asked before the start. */
export async function waitContainer(
  engine: Engine,
  container: string,
  condition: 'not-running' | 'next-exit' | 'removed',
  signal?: AbortSignal,
): Promise<number> {
  const answer = (await engine.post(`/containers/${container}/wait`, {
    query: { condition },
    ...(signal && { signal }),
  })) as { StatusCode: number }
  return answer.StatusCode
}
