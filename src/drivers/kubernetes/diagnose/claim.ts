import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import { resourceAnnotation } from '../labels.ts'
import { eventsAbout, oneLine, type ClusterEvent } from './events.ts'
import { below, textOf } from './json.ts'
import type { Elapsed, Verdict } from './verdict.ts'

/** Milliseconds after which a class that is not there counts: an existing disk of that class may still be bound. */
const classGrace = 2_000
/** Tries, and milliseconds, after which a provisioner that fails counts as broken. */
const mostTries = 3
const provisioningGrace = 15_000

export interface ClaimLook {
  readonly events: readonly ClusterEvent[]
  /** Undefined where nobody could look: then only the cluster's own words count. */
  readonly classes: readonly KubeObject[] | undefined
  readonly elapsed: Elapsed
}

/** A claim is ready when it is bound, or when its disk is made only for the first pod that wants it. */
export function judgeClaim(claim: KubeObject, look: ClaimLook): Verdict {
  const phase = textOf(below(claim, 'status', 'phase')) ?? 'Pending'
  if (phase === 'Bound') return { state: 'ready', detail: 'bound' }
  const { name, uid = '' } = claim.metadata
  const about = [uid]
  const id = claim.metadata.annotations?.[resourceAnnotation] ?? ''
  const problem = (text: string, hint?: string): Verdict => ({
    state: 'failed',
    problem: {
      text,
      about,
      ...(id.startsWith('volume/') && { volume: id.slice('volume/'.length) }),
      ...(hint !== undefined && { hint }),
    },
  })
  if (phase === 'Lost') return problem(`claim ${name} has lost its disk`)
  const wanted = textOf(below(claim, 'spec', 'storageClassName'))
  const found = look.classes?.find(({ metadata }) => metadata.name === wanted)
  const events = eventsAbout(look.events, about)
  const last = events.at(-1)
  if (last?.reason === 'WaitForFirstConsumer' || found?.['volumeBindingMode'] === 'WaitForFirstConsumer')
    return { state: 'ready', detail: 'waiting for its first pod' }
  const age = look.elapsed(`${uid} pending`, claim.metadata.creationTimestamp)
  if (look.classes && age >= classGrace) {
    const names = look.classes.map(({ metadata }) => metadata.name)
    const there = names.length === 0 ? 'the cluster has none' : `there are: ${names.join(', ')}`
    if (wanted !== undefined && wanted !== '' && !found)
      return problem(`claim ${name} asks for StorageClass ${wanted}, which does not exist`, there)
    if (wanted === undefined)
      return problem(
        `claim ${name} names no StorageClass, and the cluster has no default one`,
        `${there}; name one with \`class:\`, or mark one as default`,
      )
  }
  const failure = events.findLast(
    ({ reason }) => reason === 'ProvisioningFailed' || reason === 'FailedBinding',
  )
  if (failure && (failure.count >= mostTries || age > provisioningGrace))
    return problem(`claim ${name} gets no disk: ${oneLine(failure.message)}`)
  return { state: 'waiting', detail: `claim ${name} is not bound yet`, again: classGrace }
}
