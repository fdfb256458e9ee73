import type { ResolvedStack, Service } from '../resolve/resolved.ts'
import { warningAt, type Diagnostic } from '../stack/diagnostics.ts'

/** Wishes about the dev loop that are not carried out: an edit restarts a process or replaces containers, whatever they say. */
export function devLimits(stack: ResolvedStack): Diagnostic[] {
  const isProcess = stack.profile.target === 'process'
  return [...stack.services.values()].flatMap((service) =>
    wishesOf(service, isProcess).map((key) =>
      warningAt(
        'dev/unsupported-field',
        `service ${service.name}: dev.${key} has no effect: an edit ${isProcess ? 'restarts the process' : 'rebuilds the image and replaces the containers'}`,
        service.at(`dev.${key}`),
      ),
    ),
  )
}

function wishesOf({ dev }: Service, isProcess: boolean): string[] {
  const isRestartKept = dev.restart.kind === 'process' || (isProcess && dev.restart.kind === 'none')
  return [
    ...(dev.sync === 'infer' ? [] : ['sync']),
    ...(dev.exec.length === 0 ? [] : ['exec']),
    ...(isRestartKept ? [] : ['restart']),
    ...(dev.debug === undefined ? [] : ['debug']),
  ]
}
