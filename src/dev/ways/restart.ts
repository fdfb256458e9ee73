import { posix } from 'node:path'
import type { ImageDefaults } from '../../images/defaults.ts'
import type { Dev, Service } from '../../resolve/resolved.ts'
import { textAsWritten } from '../../resolve/text.ts'

/** What makes the program notice files that were copied into its container. */
export type Restart = Dev['restart']

/** Words before the program itself: shells and small inits. */
const launchers = ['sh', 'bash', 'ash', 'dash', 'tini', 'dumb-init', 'catatonit']

/**
 * As `dev.restart` says. A file that the container starts with is read at no other time than the start: of it a program that
 * reloads itself, or takes a signal, would not notice.
 */
export function restartFor(service: Service, image: ImageDefaults, destinations: readonly string[]): Restart {
  const { restart } = service.dev
  const isEnough = restart.kind === 'process' || restart.kind === 'container'
  if (isEnough) return restart
  const program = programOf(service, image)
  return program !== undefined && destinations.includes(program) ? { kind: 'process' } : restart
}

/** The file that the container starts, absolute; undefined where it is found by its name in PATH. */
function programOf(service: Service, image: ImageDefaults): string | undefined {
  const entrypoint = service.entrypoint?.map(textAsWritten) ?? image.entrypoint ?? []
  // An entrypoint of the stack's drops the command of the image.
  const command = service.command?.map(textAsWritten) ?? (service.entrypoint ? [] : (image.command ?? []))
  const words = [...entrypoint, ...command]
  const program = words.find((word) => !launchers.includes(posix.basename(word)) && !word.startsWith('-'))
  if (program === undefined || !program.includes('/')) return undefined
  return posix.resolve('/', service.workingDir ?? image.workingDirectory ?? '/', program)
}
