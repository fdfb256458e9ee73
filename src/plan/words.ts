/** `create service/api` → `service/api`: what a person calls a step that others wait for. */
export function subjectOf(step: string): string {
  return step.slice(step.indexOf(' ') + 1)
}
