import { recordOf } from '../../drivers/kubernetes/manifests/kind-of.ts'
import { canonical } from '../../plan/hash.ts'
import type { Finding } from '../finding.ts'
import { manifestRules as rules } from './manifest-rules.ts'
import { findingIn, type Fields, type LintedContainer, type LintedPods } from './objects.ts'

/** Kinds whose pods come to an end by themselves. */
const endingKinds = ['Job', 'CronJob']

/** What is wrong with the probes of a pod, and with the time that a rollout gives them. */
export function lintProbes(pods: LintedPods, isBehindService: boolean): Finding[] {
  if (endingKinds.includes(pods.placed.object.kind)) return []
  const containers = pods.containers.filter(({ isInit }) => !isInit)
  return [
    ...missingProbes(pods, containers, isBehindService),
    ...containers.flatMap((container) => lintLiveness(pods, container)),
    ...lintDeadline(pods, containers),
  ]
}

function missingProbes(
  { placed, path }: LintedPods,
  containers: readonly LintedContainer[],
  isBehindService: boolean,
): Finding[] {
  const has = (probe: string): boolean => containers.some(({ container }) => probe in container)
  const cure = {
    raw: 'requests reach it before it can answer: add a `readinessProbe`, and a `livenessProbe` with more patience',
    stack: 'write `health: { http: /healthz, port: http }`',
  }
  if (isBehindService && !has('readinessProbe'))
    return [
      findingIn(
        placed,
        rules.probes,
        [...path, 'containers'],
        'is behind a Service and has no readiness probe',
        cure,
      ),
    ]
  if (!has('livenessProbe') && !has('readinessProbe'))
    return [findingIn(placed, rules.probes, [...path, 'containers'], 'has no probe', cure)]
  return []
}

function lintLiveness({ placed }: LintedPods, container: LintedContainer): Finding[] {
  const { livenessProbe, readinessProbe } = container.container
  if (livenessProbe === undefined) return []
  const at = [...container.path, 'livenessProbe']
  const isSame = readinessProbe !== undefined && canonical(livenessProbe) === canonical(readinessProbe)
  return [
    ...(isSame
      ? [
          findingIn(
            placed,
            rules.sameProbes,
            at,
            'is restarted whenever it is not ready',
            {
              raw: 'give liveness more failures, or a question of its own',
              stack:
                'write `health: { liveness: {…} }`, or leave it to the default, which is three times as patient',
            },
            container,
          ),
        ]
      : []),
    ...(recordOf(livenessProbe)['failureThreshold'] === 1
      ? [
          findingIn(
            placed,
            rules.liveness,
            [...at, 'failureThreshold'],
            'is restarted after one slow answer',
            {
              raw: 'set `failureThreshold: 3` or more',
              stack: 'write `retries: 3` under `health.liveness`',
            },
            container,
          ),
        ]
      : []),
  ]
}

function lintDeadline({ placed }: LintedPods, containers: readonly LintedContainer[]): Finding[] {
  const deadline = recordOf(placed.object['spec'])['progressDeadlineSeconds']
  if (typeof deadline !== 'number') return []
  const slowest = Math.max(0, ...containers.map(({ container }) => secondsToStart(container)))
  if (deadline > slowest) return []
  return [
    findingIn(
      placed,
      rules.deadline,
      ['spec', 'progressDeadlineSeconds'],
      `a rollout counts as failed after ${deadline} s, and its probes may take ${slowest} s`,
      {
        raw: 'set `progressDeadlineSeconds` well above that',
        stack: 'write a longer `update: { timeout: … }`',
      },
    ),
  ]
}

/** How long the probes let a container be not ready, in seconds; defaults as the server sets them (0, 10, 3). */
function secondsToStart({ startupProbe, readinessProbe }: Fields): number {
  const longest = (probe: unknown): number => {
    const { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3 } = recordOf(probe)
    return Number(initialDelaySeconds) + Number(periodSeconds) * Number(failureThreshold)
  }
  return (
    (startupProbe === undefined ? 0 : longest(startupProbe)) +
    (readinessProbe === undefined ? 0 : longest(readinessProbe))
  )
}
