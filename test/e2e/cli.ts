import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { StatusRow } from '../../src/commands/status.ts'
import {
  dockerThingsOf,
  endProcessesOf,
  filesBelow,
  hasDocker,
  markerOfTests,
  processesOf,
  removeDockerThingsOf,
} from './machine.ts'
import { environmentFor, namespacesOf, removeNamespacesOf, type ClusterTarget } from './clusters.ts'
import { startProgram, type Ended, type Running, type Started } from './program.ts'

export type { Ended, Started } from './program.ts'
export { root } from './program.ts'

export type Target = 'process' | 'compose' | ClusterTarget

/** Without CI, suites whose engine is absent are skipped by name; in CI they fail. */
export const isDockerWanted = hasDocker() || (process.env['CI'] ?? '') !== ''
export const targets: readonly ('process' | 'compose')[] = isDockerWanted
  ? ['process', 'compose']
  : ['process']

export const fixedPorts = { IAMSTACK_INSTANCE: undefined }

export type Options = Partial<Omit<Running, 'env'>> & {
  readonly env?: Readonly<Record<string, string | undefined>>
}

/**
 * A folder with a stack of its own, the program run in it, and everything that comes of it. It runs as an instance; a test that
 * wants the fixed ports of its stack file says `{ env: fixedPorts }`.
 */
export interface Sandbox {
  /** Name for the stack: no other stack of this machine has it. */
  readonly name: string
  /** The stack as this sandbox's instance: its Compose project, its namespace. */
  readonly project: string
  /** Where the stack file is. */
  readonly folder: string
  /** What `$IAMSTACK_STATE` says. */
  readonly state: string
  /** What `$XDG_RUNTIME_DIR` says: where sessions listen. */
  readonly sockets: string
  write(files: Readonly<Record<string, string>>): void
  read(path: string): string
  /** Replaces text in a file; the text must be there. */
  edit(path: string, before: string | RegExp, after: string): void
  copy(from: string, to?: string): void
  start(words: readonly string[], options?: Options): Started
  run(words: readonly string[], options?: Options): Promise<Ended>
  /** Runs it and fails with its output when it does not end with 0. */
  succeed(words: readonly string[], options?: Options): Promise<Ended>
  /** Everything of this sandbox on the machine: processes, things in the engine, files of the state folder. */
  traces(): {
    readonly processes: readonly number[]
    readonly docker: readonly string[]
    /** Namespaces, where the sandbox was opened for a cluster. */
    readonly cluster: readonly string[]
    readonly files: readonly string[]
  }
  /** Ends and removes all of it; `keepsFolder` leaves the folder with the stack, the state and `runs.log`. */
  close(keepsFolder: boolean): Promise<void>
}

/** A sandbox for the running test, gone after it. When the test failed its folder stays, and the path is printed. */
export function sandbox(target?: Target): Sandbox {
  const made = openSandbox(target)
  onTestFinished(async ({ task }) => {
    const isFailed = task.result?.state === 'fail'
    await made.close(isFailed)
    if (isFailed) console.error(`${task.name}: stack, state and output are kept in ${dirname(made.folder)}`)
  })
  return made
}

export function openSandbox(target?: Target): Sandbox {
  const cluster = target === 'process' || target === 'compose' ? undefined : target
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'iamstack-e2e-')))
  const name = `e2e${randomBytes(3).toString('hex')}`
  const folder = join(home, 'project')
  const state = join(home, 'state')
  const sockets = join(home, 'run')
  for (const path of [folder, sockets]) mkdirSync(path, { mode: 0o700 })
  // An instance has ports of its own, whatever else runs on this machine.
  const env = {
    ...environment(),
    IAMSTACK_STATE: state,
    IAMSTACK_INSTANCE: 'e2e',
    XDG_RUNTIME_DIR: sockets,
    [markerOfTests]: name,
    ...(cluster && environmentFor(cluster)),
  }
  const records: Promise<void>[] = []
  const start = (words: readonly string[], options: Options = {}): Started => {
    const started = startProgram(words, { cwd: folder, ...options, env: { ...env, ...options.env } })
    const recorded = started.ended.then((ended) =>
      appendFileSync(join(home, 'runs.log'), describeRun(words, ended)),
    )
    records.push(recorded)
    return started
  }
  const run = (words: readonly string[], options?: Options): Promise<Ended> => start(words, options).ended
  const read = (path: string): string => readFileSync(join(folder, path), 'utf8')
  const write = (files: Readonly<Record<string, string>>): void => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
  }
  return {
    name,
    project: `${name}-e2e`,
    folder,
    state,
    sockets,
    start,
    run,
    read,
    write,
    edit(path, before, after) {
      const text = read(path)
      const edited = text.replace(before, after)
      if (edited === text) throw new Error(`${path} does not hold ${String(before)}`)
      write({ [path]: edited })
    },
    copy: (from, to = '.') => cpSync(from, join(folder, to), { recursive: true, filter: isSource }),
    async succeed(words, options) {
      const ended = await run(words, options)
      if (ended.code !== 0) throw new Error(describeRun(words, ended))
      return ended
    },
    traces: () => ({
      processes: processesOf(name),
      docker: isDockerWanted ? dockerThingsOf(name) : [],
      cluster: cluster ? namespacesOf(cluster, name) : [],
      files: filesBelow(state).sort(),
    }),
    async close(keepsFolder) {
      await endProcessesOf(name)
      await Promise.allSettled(records)
      // Containers of a cluster that shares the engine keep their images.
      if (cluster) removeNamespacesOf(cluster, name)
      if (isDockerWanted) removeDockerThingsOf(name)
      if (!keepsFolder) rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
    },
  }
}

/** Row of `status -o json` by resource. */
export async function statusOf(
  box: Sandbox,
  words: readonly string[],
): Promise<ReadonlyMap<string, StatusRow>> {
  const { stdout } = await box.succeed(['status', '-o', 'json', ...words])
  const { resources } = JSON.parse(stdout) as { readonly resources: readonly StatusRow[] }
  return new Map(resources.map((row) => [row.resource, row]))
}

/** Where a port answers, as `urls` says. */
export async function urlOf(
  box: Sandbox,
  words: readonly string[],
  service = 'web',
  port = 'http',
): Promise<string> {
  const { stdout } = await box.succeed(['urls', '-o', 'json', ...words])
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { service: string; port: string; url: string })
  const found = rows.find((row) => row.service === service && row.port === port)
  if (!found) throw new Error(`${service} has no URL for ${port}:\n${stdout}`)
  return found.url
}

export function describeRun(words: readonly string[], { code, signal, stdout, stderr }: Ended): string {
  return `$ iamstack ${words.join(' ')}\n${stdout}${stderr}→ ${String(code ?? signal)}\n\n`
}

/** What a shell of a user has, without what would make a difference here. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _slow, CI: _ci, ...env } = process.env
  const own = Object.entries(env).filter(([key]) => !key.startsWith('IAMSTACK_') && !key.startsWith('VITEST'))
  return { ...Object.fromEntries(own), NO_COLOR: '1' }
}

function isSource(path: string): boolean {
  return !/[\\/](node_modules|dist|\.git)$/.test(path)
}
