import { Writable } from 'node:stream'
import type { Surroundings } from '../commands/command.ts'

/** Asks for a secret on the terminal without showing it; undefined where there is nobody to ask. */
export function promptOn(around: Surroundings): ((message: string) => Promise<string>) | undefined {
  if (around.stdin.isTTY !== true || around.stderr.isTTY !== true) return undefined
  return async (message) => {
    const { createInterface } = await import('node:readline/promises')
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
    const lines = createInterface({ input: around.stdin, output: silent, terminal: true })
    try {
      around.stderr.write(`${message}: `)
      return await lines.question('', { signal: around.signal })
    } finally {
      around.stderr.write('\n')
      lines.close()
    }
  }
}
