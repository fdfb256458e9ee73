import { randomBytes } from 'node:crypto'
import type { KubeClient, KubeObject } from '../../platform/kubernetes/client.ts'
import { kinds } from '../../platform/kubernetes/kinds.ts'
import { fieldsOf, listOf, textOf } from '../settings.ts'
import type { LiveSubject } from './finding.ts'

/** How far the pod of the check came. */
export type ProbeEnd =
  | { readonly kind: 'ran'; readonly exitCode: number; readonly said: string }
  /** Its image is on the node, and has no `sh`. */
  | { readonly kind: 'no-shell' }
  /** It will not start: its image cannot be had, no node takes it, its namespace refuses it. */
  | { readonly kind: 'stuck'; readonly why: string }

export interface Probe {
  readonly image: string
  readonly end: ProbeEnd
  /** Where its image came from, as the node says; undefined when it does not. */
  readonly pulled: string | undefined
}

/** Seconds after which the cluster ends it, and removes what is left, should nobody do so before. */
const longestLife = 60

/**
 * Looks its own cluster's API up by name, with whatever the image has for it, and says what came of it; 3: it has nothing.
 * The search domains know the domain of the cluster.
 */
const script = `while read -r key words; do
  if [ "$key" = search ]; then for word in $words; do case $word in svc.*) name=kubernetes.default.$word ;; esac; done; fi
done < /etc/resolv.conf
name=\${name:-kubernetes.default.svc.cluster.local}
if command -v getent > /dev/null; then said=$(getent hosts "$name" 2>&1)
elif command -v nslookup > /dev/null; then said=$(nslookup "$name" 2>&1)
else exit 3; fi
code=$?
echo "$name" $said > /dev/termination-log
exit $code`

/**
 * Runs a tiny pod to its end and takes it away again, after an abort too; if we are killed, the cluster does so. It asks for no
 * right, no token and no root, so that strict namespaces take it.
 */
export async function runProbe(
  { client, cluster, stack }: LiveSubject,
  image: string,
  signal: AbortSignal,
): Promise<Probe> {
  const own = await client.get(kinds.Namespace, undefined, stack.namespace, signal)
  const namespace = own ? stack.namespace : 'default'
  const name = `iamstack-check-${randomBytes(4).toString('hex')}`
  signal.throwIfAborted()
  try {
    await client.create(kinds.Job, jobOf(name, namespace, image, cluster.pullPolicy(image)), signal)
    const { pod, end } = await untilEnd(client, namespace, name, signal)
    return { image, end, pulled: pod && (await pulledWords(client, pod, signal)) }
  } finally {
    // Also when the answer to its creation was lost: then it may be there.
    await client.remove(kinds.Job, namespace, name, {
      propagation: 'Background',
      signal: AbortSignal.timeout(5_000),
    })
  }
}

function jobOf(name: string, namespace: string, image: string, imagePullPolicy: string): KubeObject {
  const labels = { 'app.kubernetes.io/managed-by': 'iamstack', 'app.kubernetes.io/component': 'check' }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, labels },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: longestLife,
      ttlSecondsAfterFinished: longestLife,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 0,
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65_534,
            runAsGroup: 65_534,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'check',
              image,
              imagePullPolicy,
              command: ['sh', '-c', script],
              resources: {
                requests: { cpu: '10m', memory: '16Mi' },
                limits: { cpu: '200m', memory: '64Mi' },
              },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            },
          ],
        },
      },
    },
  }
}

async function untilEnd(
  client: KubeClient,
  namespace: string,
  job: string,
  signal: AbortSignal,
): Promise<{ readonly pod: KubeObject | undefined; readonly end: ProbeEnd }> {
  const options = { namespace, labelSelector: `batch.kubernetes.io/job-name=${job}` }
  for await (const event of client.watch(kinds.Pod, options, signal)) {
    const [pod] = event.type === 'listed' ? event.objects : [event.object]
    const end = pod && endOf(pod)
    if (end) return { pod, end }
  }
  // Quiet, because the watch ends so with the signal.
  signal.throwIfAborted()
  return { pod: undefined, end: { kind: 'stuck', why: 'its pod could not be watched' } }
}

function endOf(pod: KubeObject): ProbeEnd | undefined {
  const status = fieldsOf(pod['status'])
  const [container] = listOf(status['containerStatuses']).map(fieldsOf)
  const state = fieldsOf(container?.['state'])
  const [waiting, terminated] = [fieldsOf(state['waiting']), fieldsOf(state['terminated'])]
  const words = textOf(waiting['message']) ?? textOf(terminated['message']) ?? ''
  if (/exec: "sh"|stat sh:/.test(words)) return { kind: 'no-shell' }
  if (typeof terminated['exitCode'] === 'number')
    return { kind: 'ran', exitCode: terminated['exitCode'], said: words.trim() }
  const reason = textOf(waiting['reason']) ?? ''
  if (/^(?:ErrImage|ImagePull|InvalidImage|CreateContainer|RunContainer)/.test(reason))
    return { kind: 'stuck', why: words === '' ? reason : `${reason}: ${words}` }
  const unscheduled = listOf(status['conditions'])
    .map(fieldsOf)
    .find((each) => each['type'] === 'PodScheduled' && each['status'] === 'False')
  return unscheduled && { kind: 'stuck', why: textOf(unscheduled['message']) ?? 'no node takes it' }
}

/** `Successfully pulled image … in 1.2s`, `Container image … already present on machine`. */
async function pulledWords(
  client: KubeClient,
  { metadata: { name, namespace } }: KubeObject,
  signal: AbortSignal,
): Promise<string | undefined> {
  const fieldSelector = `involvedObject.name=${name},reason=Pulled`
  const { items } = await client.list(kinds.Event, { namespace, fieldSelector }, signal)
  return textOf(items[0]?.['message'])
}
