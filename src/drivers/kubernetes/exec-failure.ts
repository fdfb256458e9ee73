import { StepError } from '../../plan/step-error.ts'
import { KubeError } from '../../platform/kubernetes/client.ts'
import type { ResolvedStack } from '../../resolve/resolved.ts'
import type { ExecRequest } from '../driver.ts'
import { wrapperOf } from './exec-command.ts'
import type { PlacedContainer } from './pod-places.ts'

/** A program that is not there ends as in a shell, and its name is told; everything else that keeps a command from starting is thrown. */
export function startFailure(
  error: unknown,
  request: ExecRequest,
  container: PlacedContainer,
  stack: ResolvedStack,
): number {
  const words = error instanceof Error ? error.message : String(error)
  const missing = /exec: "((?:[^"\\]|\\.)*)": (executable file not found|.*no such file)/.exec(words)
  const refused = /exec: "((?:[^"\\]|\\.)*)": permission denied/.exec(words)
  const wrapper = wrapperOf(request)
  const span = stack.services.get(request.service)?.from
  if (missing?.[1] !== undefined && missing[1] === wrapper) {
    const what = wrapper === 'sh' ? 'a working directory' : 'variables'
    throw new StepError(
      'precondition',
      `the image of ${container.label} has no ${wrapper}, which sets ${what}`,
      {
        span,
        hint: `leave ${wrapper === 'sh' ? '--workdir' : '--env'} out, or use --debug, which brings a shell of its own`,
      },
    )
  }
  if (missing) {
    request.stderr.write(`${missing[1] ?? ''}: not found in the image of ${container.label}\n`)
    return 127
  }
  if (refused) {
    request.stderr.write(`${refused[1] ?? ''}: permission denied\n`)
    return 126
  }
  if (error instanceof KubeError && error.status >= 500) {
    throw new StepError('deploy', `the command was not run in ${container.pod.name}: ${words}`, { span })
  }
  throw error
}
