import type { Run } from '../../drivers/driver.ts'
import type { Resource } from '../../plan/resource.ts'
import { StepError } from '../../plan/step-error.ts'
import type { Engine } from '../../platform/engine/engine.ts'
import { isNotFound } from '../../platform/engine/errors.ts'
import { inspectImage } from '../../platform/engine/images.ts'
import type { RegistryLogin } from '../../platform/aws/registry-login.ts'
import type { Delivery } from '../cluster.ts'
import { pushDelivery } from '../images/push.ts'
import { instanceType } from './instance-types.ts'
import type { EksSettings } from './settings.ts'

export interface EcrOptions {
  readonly settings: EksSettings
  readonly engine: () => Promise<Engine>
  readonly isOwn: (reference: string) => boolean
  /** Asked for anew by whoever needs it; the newest one counts. */
  readonly login: (signal: AbortSignal) => Promise<RegistryLogin>
}

/**
 * Images that the stack builds go to the repositories of the account, where nodes have a login of their own. Those of others the
 * nodes pull where they come from.
 */
export function ecrDelivery({ settings, engine, isOwn, login }: EcrOptions): Delivery {
  const push = pushDelivery({
    engine,
    isOwn,
    find: async (signal) => (await login(signal)).host,
    registry: async (signal) => (await login(signal)).host,
    login,
  })
  return {
    has: async (references, signal) => {
      const found = await push.has(references.filter(isOwn), signal)
      return new Set([...references.filter((reference) => !isOwn(reference)), ...found])
    },
    deliver: async (reference, run, resource) => {
      if (!isOwn(reference)) {
        run.progress(resource, 'the nodes pull it where it comes from')
        return
      }
      await mustSuitNodes(settings, await engine(), reference, run)
      await deliverOnce(push, reference, run, resource)
    },
  }
}

async function deliverOnce(
  push: Delivery,
  reference: string,
  run: Run,
  resource: Resource['id'],
): Promise<void> {
  try {
    await push.deliver(reference, run, resource)
  } catch (error) {
    if (!(error instanceof StepError) || !/immutable|already exists/i.test(wordsOf(error))) throw error
    throw new StepError('deploy', `ECR has another image under the tag of ${reference}, and keeps its word`, {
      evidence: error.evidence,
      hint: 'give it a tag that follows its content: leave `tag` of the image out, or use git',
      cause: error,
    })
  }
}

function wordsOf({ message, evidence }: StepError): string {
  return [message, ...evidence].join(' ')
}

/** An image for other processors starts on no node, which would show as a crash loop. */
async function mustSuitNodes(
  { nodes, at }: EksSettings,
  engine: Engine,
  reference: string,
  { signal }: Run,
): Promise<void> {
  const wanted = new Set<string>(nodes.map(({ arch, type }) => arch ?? instanceType(type)?.arch ?? 'amd64'))
  const architecture = await architectureOf(engine, reference, signal)
  if (architecture === undefined || wanted.has(architecture)) return
  const [one = 'amd64'] = wanted
  throw new StepError(
    'precondition',
    `${reference} is built for ${architecture}, and the nodes are ${[...wanted].join(' and ')}`,
    {
      span: at('nodes'),
      hint: `build it for them (images: { NAME: { platforms: [linux/${one}] } }), or take nodes of another type`,
    },
  )
}

async function architectureOf(
  engine: Engine,
  reference: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { Architecture } = await inspectImage(engine, reference, signal)
    return Architecture
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
