/** Marks everything of a project in a cluster, as the driver for Kubernetes does; the folders do not know each other. */
export const projectLabel = 'iamstack.dev/project'

/** Labels of everything of a project. */
export function ownLabels(project: string): Record<string, string> {
  return {
    'app.kubernetes.io/managed-by': 'iamstack',
    'app.kubernetes.io/part-of': project,
    [projectLabel]: project,
  }
}
