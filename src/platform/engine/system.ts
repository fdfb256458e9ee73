import type { Engine } from './engine.ts'

/** `GET /info`, as far as we read it. */
export interface EngineInfo {
  readonly ID: string
  readonly Name: string
  readonly ServerVersion: string
  readonly OperatingSystem: string
  readonly OSType: string
  readonly Architecture: string
  readonly NCPU: number
  /** Bytes. */
  readonly MemTotal: number
  /** A path of the machine that the engine runs on. */
  readonly DockerRootDir: string
  readonly Driver: string
  readonly SecurityOptions: readonly string[] | null
  readonly RegistryConfig: {
    readonly InsecureRegistryCIDRs: readonly string[] | null
    readonly Mirrors: readonly string[] | null
    readonly IndexConfigs: Readonly<
      Record<string, { readonly Secure: boolean; readonly Mirrors: readonly string[] | null }>
    > | null
  } | null
  readonly DefaultAddressPools?: readonly { readonly Base: string; readonly Size: number }[] | null
  readonly Warnings: readonly string[] | null
}

/** `GET /version`. */
export interface EngineVersion {
  readonly Version: string
  readonly ApiVersion: string
  readonly MinAPIVersion: string
  readonly Os: string
  readonly Arch: string
  readonly KernelVersion: string
}

/** Bytes that the engine holds, by kind: `GET /system/df`. */
export interface DiskUsage {
  readonly images: number
  readonly containers: number
  readonly volumes: number
  readonly buildCache: number
}

export async function engineInfo(engine: Engine, signal?: AbortSignal): Promise<EngineInfo> {
  return (await engine.get('/info', { ...(signal && { signal }) })) as EngineInfo
}

export async function engineVersion(engine: Engine, signal?: AbortSignal): Promise<EngineVersion> {
  return (await engine.get('/version', { ...(signal && { signal }) })) as EngineVersion
}

/** Slow: the engine measures every volume. */
export async function diskUsage(engine: Engine, signal?: AbortSignal): Promise<DiskUsage> {
  const usage = (await engine.get('/system/df', { ...(signal && { signal }) })) as {
    LayersSize?: number
    Containers?: { SizeRw?: number }[] | null
    Volumes?: { UsageData?: { Size: number } | null }[] | null
    BuildCache?: { Size: number; Shared: boolean }[] | null
  }
  return {
    images: usage.LayersSize ?? 0,
    containers: sum((usage.Containers ?? []).map((each) => each.SizeRw ?? 0)),
    // -1 stands for a driver that cannot tell.
    volumes: sum((usage.Volumes ?? []).map((each) => Math.max(each.UsageData?.Size ?? 0, 0))),
    buildCache: sum((usage.BuildCache ?? []).filter((each) => !each.Shared).map((each) => each.Size)),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
