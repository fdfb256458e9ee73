import type { KubeClient } from '../../../platform/kubernetes/client.ts'
import { eventsAbout, eventText } from '../diagnose/events.ts'
import type { Scene } from '../diagnose/scene.ts'
import type { Problem } from '../diagnose/verdict.ts'

/** How much a person gets to see. */
const lastLines = 20
const lastEvents = 5
/** Milliseconds that reading a log may take: a node that is gone has none to give. */
const patience = 5_000

/** That something is tried again tells nothing that its failure did not. */
const saysNothing =
  /^(Error: (ErrImagePull|ImagePullBackOff)$|Back-off |Job has reached the specified backoff limit)/

/** What a person would look up next: what the cluster said, and what the program wrote last. */
export async function evidenceOf(
  client: KubeClient,
  namespace: string,
  problem: Pick<Problem, 'about' | 'log'>,
  scene: Scene,
  signal: AbortSignal,
): Promise<string[]> {
  const warnings = eventsAbout(scene.events, problem.about).filter(
    ({ isWarning, message }) => isWarning && !saysNothing.test(message),
  )
  const said = [...new Set(warnings.slice(-lastEvents).map(eventText))]
  return [...said, ...(await logLines(client, namespace, problem.log, signal))]
}

async function logLines(
  client: KubeClient,
  namespace: string,
  log: Problem['log'],
  signal: AbortSignal,
): Promise<string[]> {
  if (!log) return []
  const first = await readLog(client, namespace, log, signal)
  // The run that is meant may just have become the one before, or the other way round.
  return first.length > 0
    ? first
    : readLog(client, namespace, { ...log, isPrevious: !log.isPrevious }, signal)
}

async function readLog(
  client: KubeClient,
  namespace: string,
  { pod, container, isPrevious }: NonNullable<Problem['log']>,
  signal: AbortSignal,
): Promise<string[]> {
  const lines: string[] = []
  const limited = AbortSignal.any([signal, AbortSignal.timeout(patience)])
  const options = { container, follow: false, previous: isPrevious, tail: lastLines }
  try {
    for await (const { text } of client.logs(namespace, pod, options, limited)) lines.push(text)
  } catch {
    // A container that never ran has no log, and one whose node is gone cannot give it: neither is news beside the failure itself.
    signal.throwIfAborted()
  }
  return lines.slice(-lastLines)
}
