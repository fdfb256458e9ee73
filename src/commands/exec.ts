import type { ExecRequest } from '../drivers/driver.ts'
import { StepError } from '../plan/step-error.ts'
import { openStack } from '../session/open.ts'
import type { Opened } from '../session/opened.ts'
import { UsageError, type Arguments } from './arguments.ts'
import { checkNames } from './check-names.ts'
import type { Command } from './command.ts'

/**
 * Runs a command in a ready replica, or with `--debug` beside it, with a terminal where there is one; the command's own exit code
 * is ours.
 */
export const exec: Command = async (given, around) => {
  const [service, ...command] = given.operands
  if (service === undefined) throw new UsageError('exec: name a service and a command')
  if (command.length === 0) throw new UsageError(`exec: name a command to run in ${service}`)
  const opened = await openStack(given, around)
  try {
    checkNames(opened.stack, [service])
    const tty = around.stdin.isTTY === true && around.stdout.isTTY === true && !given.isOn('no-tty')
    const request: ExecRequest = {
      service,
      command,
      replica: replicaOf(given.text('replica')),
      workingDir: given.text('workdir'),
      env: new Map(given.list('env').map(pairOf)),
      tty,
      stdin: around.stdin,
      stdout: around.stdout,
      stderr: around.stderr,
      ...(tty && { resize: resizesOf(process.stdout) }),
    }
    return await (isDebugging(given)
      ? debug(opened, request, given.text('debug-image'), around.signal)
      : opened.driver.exec(request, around.signal))
  } finally {
    await opened.close()
  }
}

/** Who names an image for it wants it. */
function isDebugging(given: Arguments): boolean {
  return given.isOn('debug') || given.text('debug-image') !== undefined
}

async function debug(
  { driver, stack }: Pick<Opened, 'driver' | 'stack'>,
  request: ExecRequest,
  image: string | undefined,
  signal: AbortSignal,
): Promise<number> {
  if (driver.debug) return await driver.debug(request, image, signal)
  const { service } = request
  throw new StepError(
    'precondition',
    `${service}: --debug puts a container into a pod, and here are no pods`,
    {
      span: stack.services.get(service)?.from,
      hint: insteadOfDebug(driver.name, `${stack.project}-${service}-1`, image ?? 'busybox:stable'),
    },
  )
}

function insteadOfDebug(target: Opened['driver']['name'], container: string, image: string): string {
  switch (target) {
    case 'compose':
      return `docker run --rm -it --network container:${container} --pid container:${container} ${image} sh`
    case 'process':
      return 'its program runs on this machine, where every tool is beside it; leave --debug out'
    case 'kubernetes':
      throw new TypeError('pods take containers')
    default:
      return target satisfies never
  }
}

function replicaOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`--replica ${text}: replicas count from 1`)
  return Number(text)
}

function pairOf(text: string): [string, string] {
  const index = text.indexOf('=')
  if (index < 1) throw new UsageError(`--env ${text}: expected NAME=VALUE`)
  return [text.slice(0, index), text.slice(index + 1)]
}

function resizesOf(terminal: NodeJS.WriteStream): {
  onResize(listener: (columns: number, rows: number) => void): void
} {
  return {
    onResize(listener) {
      listener(terminal.columns, terminal.rows)
      terminal.on('resize', () => listener(terminal.columns, terminal.rows))
    },
  }
}
