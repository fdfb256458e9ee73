import { spawn } from 'node:child_process'
import { signalGroup } from '../platform/process-group.ts'
import { probe } from '../smoke/probe.ts'
import type { CheckSpec } from './protocol.ts'
import type { Probe, ProbeResult } from './supervise-health.ts'

/** Where a check is made: the ports of one replica by name, and for commands its surroundings. */
export interface ProbeTarget {
  readonly host: string
  readonly ports: Readonly<Record<string, number>>
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
}

export function probeOf(target: ProbeTarget): Probe {
  return (check, timeout, signal) => {
    switch (check.kind) {
      case 'http':
      case 'tcp':
      case 'grpc':
        return connectAndAsk(check, target, timeout, signal)
      case 'exec':
        return runCommand(check.command, target, timeout, signal)
      default:
        return check satisfies never
    }
  }
}

async function connectAndAsk(
  check: Exclude<CheckSpec, { kind: 'exec' }>,
  { host, ports }: ProbeTarget,
  timeout: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const port = ports[check.port]
  if (port === undefined) return { ok: false, detail: `there is no port ${check.port}` }
  return probe(check, { host, port }, { timeout, signal })
}

/** How much of what a failing command says is shown, in characters. */
const shownOutput = 200

/** In a group of its own, so that a command that does not end in time goes with everything it started. */
function runCommand(
  command: readonly string[],
  { cwd, environment }: ProbeTarget,
  timeout: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const [file = '', ...args] = command
    const child = spawn(file, args, {
      cwd,
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        said = `${said}${chunk.toString()}`.slice(-shownOutput)
      })
    }
    const finish = (result: ProbeResult): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', cancel)
      if (child.pid !== undefined && child.exitCode === null) signalGroup(child.pid, 'SIGKILL')
      resolve(result)
    }
    const cancel = (): void => {
      finish({ ok: false, detail: 'cancelled' })
    }
    const timer = setTimeout(() => {
      finish({ ok: false, detail: `${file} did not end within ${String(timeout)} ms` })
    }, timeout)
    signal.addEventListener('abort', cancel, { once: true })
    child.once('error', (error: NodeJS.ErrnoException) => {
      finish({ ok: false, detail: `${file} could not be started (${error.code ?? error.message})` })
    })
    child.once('close', (code, killer) => {
      const how = code === null ? `was ended by ${killer ?? 'a signal'}` : `exit code ${String(code)}`
      finish({ ok: code === 0, detail: said.trim() === '' || code === 0 ? how : `${how}: ${said.trim()}` })
    })
  })
}
