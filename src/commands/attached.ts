import type { DevLink } from '../attach/client.ts'
import type { Hello } from '../attach/protocol.ts'
import { StepError } from '../plan/step-error.ts'
import { clockTime } from '../report/words.ts'
import type { Opened } from '../session/opened.ts'
import type { Arguments } from './arguments.ts'
import { exitCodes, type Surroundings } from './command.ts'
import { wantsScreen } from './dev-screen.ts'
import { tell } from './dev-turns.ts'

/** How a view of another `dev` ended. */
export type ViewEnd =
  | { readonly kind: 'left' }
  /** `dev` ended, or its first `up` is done for those who wait for that alone. */
  | { readonly kind: 'ended' | 'settled'; readonly exitCode: number }
  /** It was killed, or its machine slept too long. */
  | { readonly kind: 'gone' }

/** Looks at a running `dev`: on a screen where a person sits, else line by line. Its end is the end of this, with its exit code. */
export async function attach(
  link: DevLink,
  opened: Opened,
  given: Arguments,
  around: Surroundings,
): Promise<number> {
  const { hello } = link
  tell(opened, `attached to dev (${describe(hello)})`)
  const end =
    around.screen && wantsScreen(given, around)
      ? await (await import('./attached-screen.ts')).showScreen(link, opened, given, around)
      : await (await import('./attached-lines.ts')).tellLines(link, opened, around.signal)
  return afterView(end, hello, opened)
}

/** Says what the end of a view means; the result is the exit code. */
export function afterView(end: ViewEnd, hello: Hello, opened: Opened): number {
  switch (end.kind) {
    case 'left':
      tell(opened, `detached; ${goesOn(hello)}`)
      return exitCodes.ok
    case 'settled':
      tell(opened, goesOn(hello))
      return end.exitCode
    case 'ended':
      tell(opened, `dev (process ${hello.pid}) ended with exit code ${end.exitCode}`)
      return end.exitCode
    case 'gone':
      throw new StepError('precondition', `dev (process ${hello.pid}) is gone without a word`, {
        hint: `what it started runs on; iamstack dev takes over, iamstack down ends it${hello.log === undefined ? '' : `; its last words may be in ${hello.log}`}`,
      })
    default:
      return end satisfies never
  }
}

function goesOn({ pid, log }: Hello): string {
  const where = log === undefined ? `process ${pid}` : `process ${pid}, its lines are in ${log}`
  return `dev goes on (${where}); iamstack tui attaches, Q there ends it`
}

function describe({ pid, startedAt, target, services }: Hello): string {
  const what = services.length === 0 ? target : `${target}, ${services.join(', ')}`
  return `process ${pid}, ${what}, since ${clockTime(startedAt).slice(0, 8)}`
}

/** Whether this `dev` runs where the command line wants to be; a target that nobody named is any. */
export function isOfTarget({ hello }: DevLink, { stack }: Opened, given: Arguments): boolean {
  return given.list('profile').length === 0 || hello.target === stack.profile.target
}

/** StepError (`precondition`) when it runs elsewhere; the connection is closed then. */
export function demandTarget(link: DevLink, opened: Opened, given: Arguments): void {
  if (isOfTarget(link, opened, given)) return
  link.close()
  const { pid, target } = link.hello
  throw new StepError(
    'precondition',
    `dev (process ${pid}) of this instance runs on ${target}, not on ${opened.stack.profile.target}`,
    { hint: 'leave --profile out to attach to it, or have an instance of its own with --instance' },
  )
}
