import { spawn, type ChildProcess } from 'node:child_process'
import { onTestFinished } from 'vitest'
import type { InnerProcess } from '../../../src/dev/channel/channel.ts'

export interface LocalProcess extends InnerProcess {
  readonly child: ChildProcess
}

/** A program of this machine in the place of one inside a container; killed when the test ends. */
export function localProcess(
  argv: readonly string[],
  options: { readonly uid?: number; readonly env?: NodeJS.ProcessEnv } = {},
): LocalProcess {
  const [program = '', ...words] = argv
  const child = spawn(program, words, {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
    env: { ...process.env, ...options.env },
  })
  const failed = new Promise<never>((_, reject) => child.on('error', reject))
  failed.catch(() => undefined)
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, input: child.stdin, output: outputOf(child, failed), close: () => void child.stdin.end() }
}

async function* outputOf(
  child: ChildProcess,
  failed: Promise<never>,
): AsyncGenerator<{ stream: 'stdout' | 'stderr'; data: Buffer }> {
  const arrived: { stream: 'stdout' | 'stderr'; data: Buffer }[] = []
  let wake: () => void = () => undefined
  let open = 2
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (data: Buffer) => {
      arrived.push({ stream, data })
      wake()
    })
    child[stream]?.on('close', () => {
      open -= 1
      wake()
    })
  }
  for (;;) {
    yield* arrived.splice(0)
    if (open === 0) return
    await Promise.race([new Promise<void>((resolve) => (wake = resolve)), failed])
    if (arrived.length > 0) continue
  }
}
