import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Run } from '../../drivers/driver.ts'
import { StepError } from '../../plan/step-error.ts'
import type { Resource } from '../../plan/resource.ts'
import type { Engine } from '../../platform/engine/engine.ts'
import { listNetworks } from '../../platform/engine/networks.ts'
import { errorAt, StackError, type Diagnostic } from '../../stack/diagnostics.ts'
import { fieldsOf, textOf, type KindSettings } from '../settings.ts'
import { clashOf, overlaps, subnetsOfMachine, subnetsOfNetworks, type TakenSubnet } from '../subnets.ts'
import { releaseClaim, takeClaim } from './claim.ts'
import { runKind } from './command.ts'
import { kindConfig, mountsCerts, wantedPorts, writtenPorts } from './config.ts'
import { deleteWithKind, temporaryKubeconfig } from './delete-nodes.ts'
import { kindNetwork } from './labels.ts'
import { removeLeftovers } from './leftovers.ts'
import { lookAtKind, nodesOf } from './look.ts'
import { nodeImage } from './node-image.ts'
import type { KindPlace } from './place.ts'
import { announceRegistry, registryFor, shapeCluster } from './shape.ts'

/** How often we look whether another process is done with a cluster, in milliseconds. */
const pause = 500

/**
 * Makes the cluster, or waits for whoever makes it at this moment. What an interrupted attempt left goes first. An interruption of
 * ours leaves a claim behind, by which the next attempt knows that the rest is ours to remove.
 */
export async function createCluster(place: KindPlace, wanted: Resource, run: Run): Promise<void> {
  const engine = await place.engine()
  const { cluster } = place.settings
  const { signal } = run
  const tell = (text: string): void => run.progress(wanted.id, text)
  let awaited: string | undefined
  for (;;) {
    const seen = await lookAtKind(engine, cluster, signal)
    if (seen.kind === 'ours') return
    if (seen.kind === 'foreign') throw taken(cluster)
    if (seen.kind === 'busy') {
      const { token, pid, host } = seen.claim
      if (token !== awaited) tell(`another process (${pid} on ${host}) is at it: waiting`)
      awaited = token
      await sleep(pause, undefined, { signal })
      continue
    }
    if (seen.kind === 'unfinished') {
      tell('removing what an interrupted attempt left')
      if (seen.nodes.length > 0) await deleteWithKind(place, engine, signal)
      await releaseClaim(engine, cluster)
    }
    const { isOurs } = await takeClaim(engine, cluster, 'create')
    if (isOurs) break
  }
  try {
    await make(place, engine, wanted, run)
  } catch (error) {
    // Where kind cleaned up after itself, nothing is left that a claim would have to explain.
    const left = await nodesOf(engine, cluster, AbortSignal.timeout(5000)).catch(() => undefined)
    if (left?.length === 0) {
      await removeLeftovers(engine, cluster, false)
      await releaseClaim(engine, cluster)
    }
    throw error
  }
  await releaseClaim(engine, cluster)
  place.forgetClient()
  const registry = await registryFor(engine, place.settings.registry, signal, tell)
  if (registry) await announceRegistry(place, registry, signal)
}

async function make(place: KindPlace, engine: Engine, wanted: Resource, run: Run): Promise<void> {
  const { settings, stack } = place
  const { signal } = run
  const tell = (text: string): void => run.progress(wanted.id, text)
  const base = await place.base()
  if (settings.registry.kind !== 'none' && mountsCerts(base)) {
    throw new StepError(
      'precondition',
      'your kind configuration mounts files into /etc/containerd of a node, where we say which registry serves what',
      {
        span: settings.from,
        hint: 'set registry: false in the block kind; images are then carried into the nodes',
      },
    )
  }
  const networks = await listNetworks(engine, [], signal)
  const findings = subnetFindings(settings, base, [
    ...subnetsOfNetworks(networks),
    ...(await subnetsOfMachine()),
  ])
  if (findings.length > 0) throw new StackError(findings)
  const image = await nodeImage(engine, settings, signal, tell)
  const ports = wantedPorts(stack, settings)
  const file = await writeConfig(place.stateFolder, kindConfig(settings, base, ports))
  const words = ['create', 'cluster', '--name', settings.cluster, '--config', file]
  const kubeconfig = temporaryKubeconfig(place.stateFolder)
  // Side by side, and both to their end: what still runs behind a failure could not be tidied up.
  const [made, registry] = await Promise.allSettled([
    runKind({
      words: image === undefined ? words : [...words, '--image', image],
      env: place.env,
      engine,
      kubeconfig,
      signal,
      onLine: tell,
      failure: `the cluster ${settings.cluster} could not be made`,
    }),
    registryFor(engine, settings.registry, signal, () => undefined),
  ])
  await rm(kubeconfig, { force: true })
  if (made.status === 'rejected') throw made.reason
  if (registry.status === 'rejected') throw registry.reason
  await shapeCluster(
    place,
    engine,
    await nodesOf(engine, settings.cluster, signal),
    {
      parts: {},
      ports: {},
      published: [...ports, ...writtenPorts(base)],
      mirrors: [],
      registry: undefined,
      hasMadeNetwork: !networks.some(({ Name }) => Name === kindNetwork),
    },
    wanted,
    run,
  )
}

/** What a cluster was made from. */
export function configFile(stateFolder: string): string {
  return join(stateFolder, 'kind-config.json')
}

/** JSON is YAML, and easy to read again. Kept, so that a person can see what was asked for. */
async function writeConfig(stateFolder: string, config: unknown): Promise<string> {
  await mkdir(stateFolder, { recursive: true, mode: 0o700 })
  const file = configFile(stateFolder)
  await writeFile(file, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 })
  return file
}

/** kind's own ranges where neither the profile nor a configuration says others (pkg/apis/config/v1alpha4/default.go of kind). */
const defaultSubnets = { podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/16' } as const

/** Subnets of a cluster that somebody on this machine has already: packets would go to the wrong one (S159). */
export function subnetFindings(
  settings: KindSettings,
  base: ReturnType<typeof fieldsOf>,
  taken: readonly TakenSubnet[],
): Diagnostic[] {
  const networking = fieldsOf(base['networking'])
  const isIpv6 = textOf(networking['ipFamily'])?.includes('6') === true
  const subnets = (
    [
      ['pod-subnet', settings.podSubnet ?? textOf(networking['podSubnet']) ?? defaultSubnets.podSubnet],
      [
        'service-subnet',
        settings.serviceSubnet ?? textOf(networking['serviceSubnet']) ?? defaultSubnets.serviceSubnet,
      ],
    ] as const
  ).flatMap(([key, value]) => value.split(',').map((cidr) => ({ key, cidr: cidr.trim() })))
  const findings = subnets.flatMap(({ key, cidr }) => {
    const clash = isIpv6 ? undefined : clashOf(cidr, taken)
    if (!clash) return []
    return [
      errorAt(
        'kind/subnet-taken',
        `the ${key} ${cidr} of the cluster overlaps ${clash.cidr}, ${clash.by}`,
        settings.from,
        `give the cluster other addresses: kind: { networking: { ${key}: … } }`,
      ),
    ]
  })
  const [pods, services] = [
    subnets.find(({ key }) => key === 'pod-subnet'),
    subnets.find(({ key }) => key === 'service-subnet'),
  ]
  if (pods && services && overlaps(pods.cidr, services.cidr)) {
    findings.push(
      errorAt(
        'kind/subnets-overlap',
        `pods (${pods.cidr}) and services (${services.cidr}) would share addresses`,
        settings.from,
      ),
    )
  }
  return findings
}

function taken(cluster: string): StepError {
  return new StepError(
    'precondition',
    `a kind cluster ${cluster} that iamstack did not make appeared meanwhile`,
    {
      hint: `run the command again to use it as it is, or choose another name: kind: { cluster: … }`,
    },
  )
}
