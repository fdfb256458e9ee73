import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { inferImageDefaults } from '../images/defaults.ts'
import { parseDockerfile } from '../images/dockerfile/parse.ts'

/** What a folder holds that a stack file can be made of. */
export interface Found {
  /** A Dockerfile to build, or an image that can run the sources as they lie. */
  readonly image: 'built' | { readonly reference: string }
  /** How it runs in a container; undefined: as the image says. */
  readonly command: readonly string[] | undefined
  /** How it runs without one: a shell line, or a list of arguments. */
  readonly run: string | readonly string[]
  readonly port: number
  /** What was seen, for people. */
  readonly seen: readonly string[]
}

/** Answers every request; listens where it is told to. */
const example = [
  'node',
  '-e',
  "process.on('SIGTERM', () => process.exit()); require('http').createServer((_, answer) => answer.end('hello\\n')).listen(process.env.PORT)",
]

const usualPort = 8080

/** Reads the usual files of a folder: a Dockerfile, `package.json`, `go.mod`, `main.py`. Nothing is run. */
export async function lookAround(folder: string): Promise<Found> {
  const files = new Set(await readdir(folder))
  const program = await programIn(folder, files)
  const started = files.has('Dockerfile') ? await startedByImage(folder) : undefined
  if (started) {
    return {
      image: 'built',
      command: undefined,
      run: program?.run ?? started.run ?? './server',
      port: started.port,
      seen: ['a Dockerfile', ...(program ? [`a program (${program.run})`] : [])],
    }
  }
  if (program) {
    const { run, reference } = program
    return {
      image: { reference },
      command: run.split(' '),
      run,
      port: usualPort,
      seen: [`a program (${run})`],
    }
  }
  return { image: { reference: nodeImage }, command: example, run: example, port: usualPort, seen: [] }
}

interface Program {
  /** Words without quotes. */
  readonly run: string
  readonly reference: string
}

/** The Node that runs this also runs the program, in both targets. */
const nodeImage = `node:${process.versions.node.split('.', 1)[0] ?? '22'}-bookworm-slim`

async function programIn(folder: string, files: ReadonlySet<string>): Promise<Program | undefined> {
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')
  if (files.has('package.json')) {
    return { run: npmCommand(await read('package.json')), reference: nodeImage }
  }
  if (files.has('go.mod')) {
    const version = /^go (\d+\.\d+)/m.exec(await read('go.mod'))?.[1] ?? '1'
    return { run: 'go run .', reference: `golang:${version}-bookworm` }
  }
  if (files.has('main.py')) return { run: 'python3 main.py', reference: 'python:3.11-slim-bookworm' }
  return undefined
}

function npmCommand(text: string): string {
  try {
    const { scripts, main } = JSON.parse(text) as { scripts?: { start?: string }; main?: string }
    if (scripts?.start !== undefined) return 'npm start'
    return `node ${main !== undefined && /^\S+$/.test(main) ? main : 'index.js'}`
  } catch {
    // A package.json that is no JSON is npm's to complain about; the stack file only needs a command to begin with.
    return 'node index.js'
  }
}

/** What the Dockerfile says of its last stage. A broken one says nothing here; `validate` shows its mistakes. */
async function startedByImage(
  folder: string,
): Promise<{ readonly run: string | readonly string[] | undefined; readonly port: number }> {
  const path = join(folder, 'Dockerfile')
  const parsed = parseDockerfile(await readFile(path, 'utf8'), path)
  const defaults = parsed.ok ? inferImageDefaults(parsed.value, undefined, { args: new Map() }) : parsed
  if (!defaults.ok) return { run: undefined, port: usualPort }
  const { entrypoint = [], command = [], ports } = defaults.value
  const words = [...entrypoint, ...command]
  const isShell = words.length === 3 && words[0] === '/bin/sh' && words[1] === '-c'
  return {
    run: words.length === 0 ? undefined : isShell ? words[2] : words,
    port: ports.find(({ protocol }) => protocol === 'tcp')?.port ?? usualPort,
  }
}
