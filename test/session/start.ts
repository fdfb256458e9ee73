import { buildSync } from 'esbuild'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { instanceHash, socketPath } from '../../src/session/socket-path.ts'

const cache = fileURLToPath(new URL('../../node_modules/.cache/iamstack-test/', import.meta.url))
const bundles = new Map<string, string>()

/** A program of the tests as one file, made once per test file: starting it through a TypeScript loader would take longer than most tests. */
export function bundled(entry: URL): string {
  const known = bundles.get(entry.href)
  if (known !== undefined) return known
  mkdirSync(cache, { recursive: true })
  const file = join(cache, `${basename(entry.pathname, '.ts')}.mjs`)
  const draft = `${file}.${randomUUID()}`
  buildSync({
    entryPoints: [fileURLToPath(entry)],
    outfile: draft,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
  })
  renameSync(draft, file)
  bundles.set(entry.href, file)
  return file
}

export function sessionProgram(): string {
  return bundled(new URL('fixtures/session.ts', import.meta.url))
}

export function sessionCommand(state: string, build = 'test'): string[] {
  return [process.execPath, sessionProgram(), state, build]
}

export function temporaryState(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'iamstack-state-')))
}

/** Pids of running processes that carry the marker of this state folder. */
export function markedPids(state: string): number[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return []
    try {
      if (readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')) return []
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`IAMSTACK_PROCESS=${instanceHash(state)}/`)
        ? [Number(pid)]
        : []
    } catch {
      return []
    }
  })
}

/** Ends whatever a test left: its session first, then all it had started. */
export function sweep(state: string): void {
  for (const name of readdirSync(state).filter((each) => /^session\.\d+$/.test(each))) {
    const { pid } = JSON.parse(readFileSync(join(state, name), 'utf8')) as { pid: number }
    kill(pid)
  }
  for (const pid of markedPids(state)) kill(pid)
  rmSync(socketPath(state), { force: true })
  // A process that is being killed may still finish a write.
  rmSync(state, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
