import type { Diagnostic } from './diagnostics.ts'
import { checkConsumers } from './check/consumers.ts'
import type { CheckContext, StackToCheck } from './check/context.ts'
import { checkExposure } from './check/exposure.ts'
import { checkNeeds } from './check/needs.ts'
import { checkWorkloads } from './check/workloads.ts'
import type { Decoded } from './schema/decode.ts'
import { findings } from './schema/findings.ts'
import { nearest } from './schema/suggest.ts'

/**
 * What no single key can tell: names that must exist, needs that must not lead in a circle, ports that must not clash. Needs no
 * profile; `resolve` runs it again once profiles are merged and variables known. Scalars that still hold `${…}` pass.
 */
export function checkStack(stack: Decoded<StackToCheck>): Diagnostic[] {
  const found = findings()
  const context: CheckContext = {
    ...stack,
    add: found.add,
    isFull: found.isFull,
    nearest: (word, candidates) => (found.isFull() ? undefined : nearest(word, candidates)),
  }
  checkConsumers(context)
  checkNeeds(context)
  checkExposure(context)
  checkWorkloads(context)
  return found.all()
}
