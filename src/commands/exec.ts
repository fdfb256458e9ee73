import { openStack } from '../session/open.ts'
import { UsageError } from './arguments.ts'
import { checkNames } from './check-names.ts'
import type { Command } from './command.ts'

/** Runs a command in a ready replica with a terminal where there is one; the command's own exit code is ours. */
export const exec: Command = async (given, around) => {
  const [service, ...command] = given.operands
  if (service === undefined) throw new UsageError('exec: name a service and a command')
  if (command.length === 0) throw new UsageError(`exec: name a command to run in ${service}`)
  const opened = await openStack(given, around)
  try {
    checkNames(opened.stack, [service])
    const tty = around.stdin.isTTY === true && around.stdout.isTTY === true && !given.isOn('no-tty')
    return await opened.driver.exec(
      {
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
      },
      around.signal,
    )
  } finally {
    await opened.close()
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
