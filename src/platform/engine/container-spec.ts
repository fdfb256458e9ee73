/**
 * The body of `POST /containers/create`, as far as we use it, in the Engine API's own words (docs.docker.com/reference/api/engine,
 * "Create a container"). Durations are nanoseconds where the API says so, memory is bytes.
 */
export interface ContainerSpec {
  readonly Image: string
  readonly Cmd?: readonly string[]
  readonly Entrypoint?: readonly string[]
  /** `NAME=value`. */
  readonly Env?: readonly string[]
  readonly User?: string
  readonly WorkingDir?: string
  readonly Hostname?: string
  readonly Labels?: Readonly<Record<string, string>>
  /** `80/tcp`. */
  readonly ExposedPorts?: Readonly<Record<string, EmptyObject>>
  /** Anonymous volumes, by path. */
  readonly Volumes?: Readonly<Record<string, EmptyObject>>
  readonly Tty?: boolean
  readonly OpenStdin?: boolean
  readonly StdinOnce?: boolean
  readonly AttachStdin?: boolean
  readonly AttachStdout?: boolean
  readonly AttachStderr?: boolean
  readonly StopSignal?: string
  /** Seconds. */
  readonly StopTimeout?: number
  readonly Healthcheck?: HealthcheckSpec
  readonly HostConfig?: HostConfig
  readonly NetworkingConfig?: { readonly EndpointsConfig: Readonly<Record<string, NetworkEndpointSpec>> }
}

export type EmptyObject = Readonly<Record<string, never>>

export interface HealthcheckSpec {
  /** `['CMD', …]`, `['CMD-SHELL', text]` or `['NONE']`. */
  readonly Test: readonly string[]
  /** Nanoseconds, like the next two. */
  readonly Interval?: number
  readonly Timeout?: number
  readonly StartPeriod?: number
  readonly Retries?: number
  /** Nanoseconds; since API 1.44. */
  readonly StartInterval?: number
}

export interface HostConfig {
  readonly Binds?: readonly string[]
  readonly Mounts?: readonly MountSpec[]
  readonly Tmpfs?: Readonly<Record<string, string>>
  readonly PortBindings?: Readonly<
    Record<string, readonly { readonly HostIp?: string; readonly HostPort?: string }[]>
  >
  /** A network's name, `host`, `none` or `container:<id>`. */
  readonly NetworkMode?: string
  readonly RestartPolicy?: {
    readonly Name: 'no' | 'always' | 'on-failure' | 'unless-stopped'
    readonly MaximumRetryCount?: number
  }
  /** Bytes. */
  readonly Memory?: number
  readonly MemoryReservation?: number
  /** Billionths of a processor. */
  readonly NanoCpus?: number
  readonly CpuShares?: number
  readonly PidsLimit?: number
  readonly ReadonlyRootfs?: boolean
  readonly Privileged?: boolean
  readonly CapAdd?: readonly string[]
  readonly CapDrop?: readonly string[]
  readonly GroupAdd?: readonly string[]
  readonly SecurityOpt?: readonly string[]
  readonly ExtraHosts?: readonly string[]
  readonly Init?: boolean
  readonly AutoRemove?: boolean
  readonly LogConfig?: { readonly Type: string; readonly Config?: Readonly<Record<string, string>> }
}

export interface MountSpec {
  readonly Type: 'bind' | 'volume' | 'tmpfs'
  readonly Source?: string
  readonly Target: string
  readonly ReadOnly?: boolean
  readonly VolumeOptions?: {
    readonly NoCopy?: boolean
    readonly Labels?: Readonly<Record<string, string>>
    /** Since API 1.45. */
    readonly Subpath?: string
  }
  readonly BindOptions?: { readonly CreateMountpoint?: boolean }
  readonly TmpfsOptions?: { readonly SizeBytes?: number; readonly Mode?: number }
}

export interface NetworkEndpointSpec {
  readonly Aliases?: readonly string[]
  readonly IPAMConfig?: { readonly IPv4Address?: string }
}
