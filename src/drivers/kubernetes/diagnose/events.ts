import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import { below, countOf, textOf } from './json.ts'

/** What a component of the cluster said about an object. The cluster forgets it after an hour. */
export interface ClusterEvent {
  readonly reason: string
  readonly message: string
  readonly isWarning: boolean
  /** How often it was said. */
  readonly count: number
  /** Uid of the object that it is about. */
  readonly about: string
  readonly kind: string
  readonly name: string
  /** Epoch milliseconds by the server's clock. */
  readonly at: number
}

export function readEvent(object: KubeObject): ClusterEvent {
  const time =
    textOf(below(object, 'series', 'lastObservedTime')) ??
    textOf(object['lastTimestamp']) ??
    textOf(object['eventTime']) ??
    object.metadata.creationTimestamp
  return {
    reason: textOf(object['reason']) ?? '',
    message: (textOf(object['message']) ?? '').trim(),
    isWarning: object['type'] === 'Warning',
    count: Math.max(1, countOf(object['count']), countOf(below(object, 'series', 'count'))),
    about: textOf(below(object, 'involvedObject', 'uid')) ?? '',
    kind: textOf(below(object, 'involvedObject', 'kind')) ?? '',
    name: textOf(below(object, 'involvedObject', 'name')) ?? '',
    at: time === undefined ? 0 : Date.parse(time),
  }
}

/** Events about these objects, the newest last. */
export function eventsAbout(events: readonly ClusterEvent[], uids: Iterable<string>): ClusterEvent[] {
  const wanted = new Set(uids)
  return events.filter(({ about }) => wanted.has(about)).sort((one, other) => one.at - other.at)
}

/** As a person reads it: `Pod web-5d9c: FailedMount (3 times): …`. */
export function eventText({ kind, name, reason, count, message }: ClusterEvent): string {
  // The kubelet adds namespace and uid of the pod, which is named already.
  const said = oneLine(message).replace(/ in pod \S+_\S+\([0-9a-f-]+\)$/, '')
  return `${kind} ${name}: ${reason}${count > 1 ? ` (${String(count)} times)` : ''}: ${said}`
}

/** Messages of the kubelet repeat themselves over several lines. */
export function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim()
}
