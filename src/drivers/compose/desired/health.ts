import type { HealthcheckSpec } from '../../../platform/engine/container-spec.ts'
import type { Health } from '../../../resolve/resolved.ts'
import { renderText } from '../../../resolve/text.ts'
import type { Lookup } from '../../inner-lookup.ts'

const nanosecondsPerMillisecond = 1_000_000

/** How often the engine looks while a container starts, in milliseconds; every look is a process of its own there. */
const startInterval = 250

/**
 * What the engine is told: a command that it runs itself; nothing where the stack says nothing, so that the image's own
 * HEALTHCHECK counts; none where we make the check from this machine.
 */
export function healthcheckOf(health: Health | undefined, lookup: Lookup): HealthcheckSpec | undefined {
  if (!health) return undefined
  const { check, every, timeout, retries } = health.readiness
  if (check.kind !== 'exec') return { Test: ['NONE'] }
  return {
    Test: ['CMD', ...check.command.map((word) => renderText(word, lookup))],
    Interval: every * nanosecondsPerMillisecond,
    Timeout: timeout * nanosecondsPerMillisecond,
    Retries: retries,
    StartPeriod: health.startPeriod * nanosecondsPerMillisecond,
    StartInterval: Math.min(every, startInterval) * nanosecondsPerMillisecond,
  }
}
