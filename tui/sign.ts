import type { ResourceState, SmokeState, State } from '../src/state/state.ts'
import { span, type Span } from './row.ts'

/** The vocabulary of every view: a sign says the same without its colour. */
export const signs = {
  ready: span('●', 'good'),
  busy: span('◐', 'busy'),
  waiting: span('…', 'quiet'),
  done: span('✔', 'good'),
  failed: span('✘', 'bad'),
  off: span('○', 'quiet'),
  drift: span('≠', 'drift'),
} as const satisfies Record<string, Span>

export type Situation = keyof typeof signs

export function situationOf(resource: ResourceState): Situation {
  if (resource.failure !== undefined || resource.health === 'failed') return 'failed'
  if (resource.step !== undefined) return 'busy'
  if (resource.hold !== undefined) return 'waiting'
  if (resource.drift !== undefined) return 'drift'
  switch (resource.health) {
    case 'absent':
      return 'off'
    case 'starting':
    case 'degraded':
      return 'busy'
    case 'ready':
      return /^(service|gateway)\//.test(resource.id) ? 'ready' : 'done'
    default:
      return resource.health satisfies never
  }
}

export function smokeSituation({ outcome }: SmokeState): Situation {
  switch (outcome) {
    case 'running':
      return 'busy'
    case 'passed':
      return 'done'
    case 'failed':
      return 'failed'
    default:
      return outcome satisfies never
  }
}

/** How many smoke tests ended how. */
export function smokeCounts({ smoke }: State): { passed: number; failed: number } {
  const outcomes = [...smoke.values()].map(({ outcome }) => outcome)
  return {
    passed: outcomes.filter((outcome) => outcome === 'passed').length,
    failed: outcomes.filter((outcome) => outcome === 'failed').length,
  }
}
