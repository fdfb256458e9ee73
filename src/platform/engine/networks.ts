import type { NetworkEndpointSpec } from './container-spec.ts'
import type { Engine } from './engine.ts'
import { labelFilter } from './filters.ts'

/** One entry of `GET /networks`. */
export interface Network {
  readonly Id: string
  readonly Name: string
  readonly Driver: string
  readonly Scope: string
  readonly Internal: boolean
  readonly IPAM: {
    readonly Config: readonly { readonly Subnet?: string; readonly Gateway?: string }[] | null
  }
  readonly Labels: Readonly<Record<string, string>> | null
  readonly Options: Readonly<Record<string, string>> | null
}

export interface NetworkSpec {
  /** CIDR; default: from the engine's pools, which end at about thirty networks. */
  readonly subnet?: string
  readonly labels: Readonly<Record<string, string>>
  /** No way out of it; default false. */
  readonly isInternal?: boolean
  /** Default `bridge`. */
  readonly driver?: string
  readonly options?: Readonly<Record<string, string>>
}

/** Networks by labels (`name` or `name=value`); all where there are none. */
export async function listNetworks(
  engine: Engine,
  labels: readonly string[],
  signal?: AbortSignal,
): Promise<Network[]> {
  const query = { filters: labelFilter(labels) }
  return (await engine.get('/networks', { query, ...(signal && { signal }) })) as Network[]
}

/** EngineError 409: the name is taken; 400 or 403: the subnet overlaps another one, or the pools are exhausted. */
export async function createNetwork(engine: Engine, name: string, spec: NetworkSpec): Promise<string> {
  const answer = (await engine.post('/networks/create', {
    json: {
      Name: name,
      // Without it engines before API 1.44 make a second network of the same name.
      CheckDuplicate: true,
      Driver: spec.driver ?? 'bridge',
      Internal: spec.isInternal ?? false,
      Labels: spec.labels,
      ...(spec.options && { Options: spec.options }),
      ...(spec.subnet !== undefined && { IPAM: { Config: [{ Subnet: spec.subnet }] } }),
    },
  })) as { Id: string }
  return answer.Id
}

/** EngineError 403: something is still attached. */
export async function removeNetwork(engine: Engine, network: string): Promise<void> {
  await engine.delete(`/networks/${network}`)
}

export async function connectNetwork(
  engine: Engine,
  network: string,
  container: string,
  endpoint: NetworkEndpointSpec = {},
): Promise<void> {
  await engine.post(`/networks/${network}/connect`, {
    json: { Container: container, EndpointConfig: endpoint },
  })
}

export async function disconnectNetwork(engine: Engine, network: string, container: string): Promise<void> {
  await engine.post(`/networks/${network}/disconnect`, { json: { Container: container, Force: true } })
}
