import type { ResolvedStack, Service } from '../resolve/resolved.ts'
import { isSyncable } from './supervised.ts'
import { warningAt, type Diagnostic } from '../stack/diagnostics.ts'

/** Wishes about the dev loop that this target does not carry out: told where they are written. */
export function devLimits(stack: ResolvedStack): Diagnostic[] {
  const { target, isProtected } = stack.profile
  return [...stack.services.values()].flatMap((service) =>
    wishesOf(service, stack).map((key) => {
      const instead =
        target === 'process'
          ? key === 'debug'
            ? 'the program listens on this machine anyway'
            : 'an edit restarts the process'
          : isProtected
            ? 'the profile is protected, so dev changes nothing in what runs'
            : 'the stack does not build its image, or gives it a tag of its own, so nothing is written into it'
      return warningAt(
        'dev/unsupported-field',
        `service ${service.name}: dev.${key} has no effect: ${instead}`,
        service.at(`dev.${key}`),
      )
    }),
  )
}

function wishesOf(service: Service, stack: ResolvedStack): string[] {
  const { dev } = service
  const { target, isProtected } = stack.profile
  const isProcess = target === 'process'
  const isWritten = !isProcess && !isProtected && isSyncable(stack, service)
  const isRestartKept = dev.restart.kind === 'process' || (isProcess && dev.restart.kind === 'none')
  return [
    ...(isWritten || dev.sync === 'infer' || dev.sync === 'off' ? [] : ['sync']),
    ...(isWritten || dev.exec.length === 0 ? [] : ['exec']),
    ...(isWritten || isRestartKept ? [] : ['restart']),
    ...(dev.debug === undefined || (!isProcess && !isProtected) ? [] : ['debug']),
  ]
}
