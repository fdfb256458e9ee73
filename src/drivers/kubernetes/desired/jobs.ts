import { kinds } from '../../../platform/kubernetes/kinds.ts'
import type { Job, ResolvedStack } from '../../../resolve/resolved.ts'
import type { Consumer } from '../../consumer.ts'
import { contentParts } from '../../content-parts.ts'
import { sameVolume, volumesBehind } from '../../job-volumes.ts'
import { selectorOf } from '../labels.ts'
import type { DesiredObject, KubeResource } from '../spec.ts'
import type { DesiredContext } from './context.ts'
import { infrastructureNeeds, needOf } from './needs.ts'
import { desiredObject, uniqueNeeds } from './objects.ts'
import { environmentSecrets } from './environment-secrets.ts'
import { partsOfWorkload } from './parts.ts'
import { podOf } from './pod.ts'
import { seconds } from './quantities.ts'

/** `job/x`: a Job that stays as the record of its run; its template cannot change, so a change runs a new one (S90). */
export function jobResource(job: Job, context: DesiredContext): KubeResource {
  const { stack, facts } = context
  const consumer: Consumer = { kind: 'job', job }
  const id = `job/${job.name}` as const
  const content = contentParts(consumer, stack, facts)
  const pod = podOf(
    {
      consumers: [consumer],
      resource: id,
      restartPolicy: 'Never',
      hasProbes: false,
      claimed: new Set(),
      content: {},
    },
    context,
  )
  const object = jobObject(job, pod.template, stack)
  return {
    id,
    kind: 'job',
    name: job.name,
    spec: {
      kind: 'objects',
      objects: [object, ...environmentSecrets(pod.secrets, id, job.from, stack)],
      readiness: { kind: 'job', name: job.name },
      isReplacedWith: [],
    },
    parts: {
      ...partsOfWorkload(object, pod.secrets, job.name),
      ...content,
      // Observation says whether these hold: only the cluster knows which claims are there.
      ...Object.fromEntries(volumesBehind(stack, job).map((volume) => [`volume ${volume}`, sameVolume])),
      ...(job.run === 'always' && { 'run: always': 'again' }),
    },
    updates: {},
    needs: uniqueNeeds([...infrastructureNeeds(consumer, context), ...job.needs.map(needOf)]),
    replicas: undefined,
    timeout: job.timeout * (job.retries + 1),
    holdsData: undefined,
    from: job.from,
  }
}

function jobObject(job: Job, template: unknown, stack: ResolvedStack): DesiredObject {
  return desiredObject(stack, {
    kind: kinds.Job,
    name: job.name,
    resource: `job/${job.name}`,
    labels: selectorOf(stack.project, job.name),
    fields: {
      spec: {
        backoffLimit: job.retries,
        activeDeadlineSeconds: seconds(job.timeout * (job.retries + 1)),
        template,
      },
    },
    from: job.from,
  })
}
