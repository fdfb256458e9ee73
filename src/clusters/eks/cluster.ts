import type { TargetStep } from '../../plan/step.ts'
import type { Run } from '../../drivers/driver.ts'
import { pricesOf } from '../../cost/prices.ts'
import type { ResourceId } from '../../plan/resource.ts'
import { StepError } from '../../plan/step-error.ts'
import { KubeError, type KubeClient } from '../../platform/kubernetes/client.ts'
import type { Cluster } from '../cluster.ts'
import { defaultNodePorts } from '../existing.ts'
import { fullReference, ownRepository, tagInRegistry } from '../images/names.ts'
import type { ClusterOptions } from '../options.ts'
import { ownImages } from '../own-images.ts'
import { openOnce } from '../pinned.ts'
import { openAws } from './aws.ts'
import { eksFindings } from './check.ts'
import { ecrDelivery } from './delivery.ts'
import { stackId, stackResources } from './desired.ts'
import { observeStacks } from './observe.ts'
import { usualPace, type EksPlace, type Pace } from './place.ts'
import { reachEks } from './reach.ts'
import { stackReady } from './ready.ts'
import { disksReleased } from './released.ts'
import { eksSettings } from './settings.ts'
import { bringStack } from './stack/change.ts'
import { removeStack } from './stack/remove.ts'
import { cloudStacks, renderedStacks } from './stacks.ts'
import { stackName } from './templates/names.ts'

export interface EksOptions extends ClusterOptions {
  /** Asks for the code of a second factor. Absent: nobody can be asked. */
  readonly askCode?: (device: string) => Promise<string>
  /** Default: as the limits of AWS allow. */
  readonly pace?: Pace
}

/**
 * A cluster on AWS, made of CloudFormation stacks that carry our tags: what there is, is what CloudFormation shows. Another account
 * than the profile's is refused before anything else is asked.
 */
export function openEksCluster(options: EksOptions): Cluster {
  const { stack } = options
  const settings = eksSettings(stack)
  const stacks = cloudStacks(settings)
  const isOwn = ownImages(stack)
  const aws = openAws(settings, options.askCode)
  let registry = settings.account === undefined ? undefined : registryHost(settings.account, settings.region)
  const client = openOnce(async (signal): Promise<KubeClient | undefined> => {
    const reached = await reachEks(place, await aws.connection(), options.env, signal)
    registry = reached.registry ?? registry
    return reached.client
  })
  const place: EksPlace = {
    settings,
    project: stack.project,
    client: client.get,
    stacks,
    cloudFormation: aws.cloudFormation,
    identity: aws.identity,
    forgetClient: client.forget,
    pace: options.pace ?? usualPace,
  }
  const fallback = { file: stack.file, line: 1, column: 1, length: 1 }
  const resources = stackResources(settings, stacks, fallback)
  return {
    target: 'eks',
    abilities: {
      loadBalancer: 'cloud',
      nodePorts: 'nodes',
      nodePortRange: defaultNodePorts,
      storageClass: undefined,
      ingressClass: 'alb',
      ingress: undefined,
      versions: { oldest: settings.version, newest: settings.version },
    },
    check: (checked) => eksFindings(eksSettings(checked), new Date().toISOString().slice(0, 10)),
    render: (rendered) => renderedStacks(cloudStacks(eksSettings(rendered))),
    desired: () => resources,
    observe: (signal) => observeStacks(place, signal),
    apply: (step, run) => applyStep(place, step, run),
    ready: (wanted, run) => stackReady(settings, client.get, stack.profile.isProtected, wanted, run),
    open: client.get,
    imageFor: (reference) => {
      if (registry === undefined || settings.repositories.length === 0 || !isOwn(reference)) return reference
      const full = fullReference(reference)
      return full.host === 'docker.io'
        ? `${registry}/${ownRepository(full)}:${tagInRegistry(full)}`
        : reference
    },
    pullPolicy: () => 'IfNotPresent',
    delivery:
      settings.repositories.length === 0
        ? undefined
        : ecrDelivery({ settings, engine: options.engine, isOwn, login: aws.registryLogin }),
    preflight: async (plan, signal) => {
      const makes = plan.steps.some(({ op, resource }) => op === 'create' && resource.startsWith('cluster/'))
      if (!makes) return
      const { mustHaveRights } = await import('./rights.ts')
      await mustHaveRights(settings, await aws.connection(), await aws.identity(signal), signal)
    },
    preview: async (step, signal) => {
      const wanted = stacks.find(({ name }) => step.resource === stackId(name))
      if (!wanted || step.op !== 'update') return undefined
      const { previewIfAllowed } = await import('./stack/preview.ts')
      return await previewIfAllowed(place, wanted, step.wanted, signal)
    },
    leftovers: async (signal) => {
      const { leftInCloud } = await import('./audit.ts')
      await aws.identity(signal)
      const { prices } = pricesOf(stack)
      return await leftInCloud({ settings, prices, connection: await aws.connection(), signal })
    },
    close: async () => {
      await client.close()
      await aws.close()
    },
  }
}

/** Source: docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html. */
function registryHost(account: string, region: string): string {
  return `${account}.dkr.ecr.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}

/** Nobody can be asked where the API server does not answer: the audit tells what is left then. */
async function disksGone(place: EksPlace, id: ResourceId, run: Run): Promise<void> {
  try {
    const opened = await place.client(run.signal)
    if (opened) await disksReleased(opened, id, run)
  } catch (error) {
    run.signal.throwIfAborted()
    if (!(error instanceof KubeError || error instanceof StepError)) throw error
    run.progress(id, `the API server does not tell which disks are left: ${error.message}`)
  }
}

async function applyStep(place: EksPlace, step: TargetStep, run: Run): Promise<void> {
  const name = step.resource.slice('cluster/'.length)
  switch (step.op) {
    case 'create':
    case 'update':
    case 'replace':
    case 'restart': {
      const wanted = place.stacks.find((each) => each.name === name)
      if (!wanted) throw new TypeError(`no stack is called ${name}`)
      await bringStack(place, wanted, step.wanted, run)
      place.forgetClient()
      return
    }
    case 'delete':
      if (name === stackName(place.settings, 'addons')) await disksGone(place, step.resource, run)
      place.forgetClient()
      await removeStack(place, name, step.resource, run)
      return
    case 'wait':
      return
    default:
      throw new TypeError(`a stack knows no ${step.op}`)
  }
}
