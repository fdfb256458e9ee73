import { projectLabel } from '../../drivers/kubernetes/labels.ts'
import { StepError } from '../../plan/step-error.ts'
import { kinds } from '../../platform/kubernetes/kinds.ts'
import type { KindPlace } from './place.ts'

/** Other projects of ours that live in the cluster, by name. StepError or KubeError where it does not say. */
export async function usersOf(
  { client, stack, settings }: KindPlace,
  signal: AbortSignal,
): Promise<string[]> {
  const opened = await client(signal)
  if (!opened) {
    throw new StepError(
      'precondition',
      `the kind cluster ${settings.cluster} is stopped: nobody can say who else uses it`,
      {
        hint: `iamstack up starts it; kind delete cluster --name ${settings.cluster} deletes it whoever uses it`,
      },
    )
  }
  const { items } = await opened.list(
    kinds.Namespace,
    { namespace: undefined, labelSelector: projectLabel },
    signal,
  )
  const projects = items.flatMap(({ metadata }) => metadata.labels?.[projectLabel] ?? [])
  return [...new Set(projects)].filter((project) => project !== stack.project).sort()
}
