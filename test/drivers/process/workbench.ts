import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { StackOptions } from '../../resolve/stack.ts'
import { markedPids, sessionProgram, sweep } from '../../session/start.ts'
import { openBench, type Bench } from './bench.ts'

export const server = fileURLToPath(new URL('fixtures/server.mjs', import.meta.url))

/** A bench in a folder of its own that knows what is left of it, and takes all of it away at the end. */
export interface Workbench extends Bench {
  readonly home: string
  sessionPid(): number
  /** What is left on this machine: processes, and files by their path below the state folder. */
  leftovers(): { processes: number[]; files: string[] }
  close(): Promise<void>
}

export function openWorkbench(options: StackOptions = {}): Workbench {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'iamstack-bench-')))
  const bench = openBench({ ...options, home, sessionProgram: sessionProgram() })
  const { state } = bench
  mkdirSync(state, { recursive: true })
  return {
    ...bench,
    home,
    sessionPid: () => Number(/"pid":(\d+)/.exec(readSessionLock(state))?.[1]),
    leftovers: () => ({
      processes: markedPids(state),
      files: filesBelow(state).filter(
        (path) => !/^(ports|hash-key|secrets|certs|jobs|volume-ids|lock)/.test(path),
      ),
    }),
    close: async () => {
      await bench.closeDrivers()
      sweep(state)
      rmSync(home, { recursive: true, force: true })
    },
  }
}

function readSessionLock(state: string): string {
  const name = readdirSync(state).find((each) => /^session\.\d+$/.test(each))
  return name === undefined ? '' : readFileSync(join(state, name), 'utf8')
}

export function filesBelow(folder: string, prefix = ''): string[] {
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = join(prefix, entry.name)
    return entry.isDirectory() ? [path, ...filesBelow(folder, path)] : [path]
  })
}

export function writeFiles(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

export async function until(isTrue: () => boolean | Promise<boolean>, limit = 10_000): Promise<void> {
  for (const deadline = Date.now() + limit; !(await isTrue());) {
    if (Date.now() > deadline) throw new Error('it did not become so in time')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

export async function get(url: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(url, { headers })
  return response.text()
}
