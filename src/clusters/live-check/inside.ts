import type { ResolvedStack } from '../../resolve/resolved.ts'
import { fullReference } from '../images/names.ts'
import { fine, unknown, wrong, type LiveObservation, type LiveSubject } from './finding.ts'
import { runProbe, type Probe } from './probe-pod.ts'

/** What a tiny pod says: whether a node gets an image and starts it, and whether names resolve from inside. */
export async function checkInside(
  subject: LiveSubject,
  signal: AbortSignal,
): Promise<{ readonly pull: LiveObservation; readonly dns: LiveObservation }> {
  const image = subject.image ?? imageOf(subject.stack)
  if (image === undefined) {
    const without = unknown(
      'the stack names no image that is neither built nor behind a login',
      '--image REFERENCE names one',
    )
    return { pull: without, dns: without }
  }
  const probe = await runProbe(subject, image, signal)
  return { pull: pullOf(probe), dns: dnsOf(probe) }
}

/** The first image of somebody else: the smallest promise that nodes can pull. */
function imageOf({ services, jobs, registries }: ResolvedStack): string | undefined {
  const closed = [...registries.values()].flatMap(({ credentials, host }) => (credentials ? [host] : []))
  return [...services.values(), ...jobs.values()]
    .flatMap(({ image }) => (image?.kind === 'reference' ? [image.reference] : []))
    .find((reference) => !closed.includes(fullReference(reference).host))
}

function pullOf({ image, end, pulled }: Probe): LiveObservation {
  switch (end.kind) {
    case 'ran':
    case 'no-shell':
      return /already present/.test(pulled ?? '')
        ? fine(`a pod started from ${image}, which its node had already: nothing was pulled`)
        : fine(`a pod started from ${image}${pulled === undefined ? '' : `: ${pulled}`}`)
    case 'stuck':
      return wrong(`a pod from ${image} does not start: ${end.why}`, '--image REFERENCE tries another one')
    default:
      return end satisfies never
  }
}

function dnsOf({ image, end }: Probe): LiveObservation {
  switch (end.kind) {
    case 'stuck':
      return unknown('the pod that was to look did not start')
    case 'no-shell':
      return unknown(`${image} has no sh`, '--image REFERENCE names one that has')
    case 'ran':
      if (end.exitCode === 0) return fine(`names resolve inside: ${end.said}`)
      return end.exitCode === 3
        ? unknown(`${image} has neither getent nor nslookup`, '--image REFERENCE names one that has')
        : wrong(
            `names do not resolve inside: ${end.said}`,
            'kubectl --namespace kube-system get pods: those of the DNS must run',
          )
    default:
      return end satisfies never
  }
}
