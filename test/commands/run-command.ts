import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { onTestFinished } from 'vitest'
import { readArguments } from '../../src/commands/arguments.ts'
import { commands } from '../../src/commands/table.ts'
import { reportFailure } from '../../src/report/failure.ts'

/** A folder of the test's own with these files, gone when the test ends. */
export async function folderWith(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'iamstack-')))
  onTestFinished(async () => {
    await rm(folder, { recursive: true, force: true })
  })
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs one command as `cli.ts` does, in this process: argv, surroundings and exit code are the real ones. */
export async function runCommand(
  words: readonly string[],
  around: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Ran> {
  const [name, ...argv] = words
  const entry = commands.find((each) => each.name === name)
  if (!entry) throw new Error(`there is no command ${String(name)}`)
  const env = around.env ?? {}
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const read = (): Omit<Ran, 'code'> => ({
    stdout: (stdout.read() as Buffer | null)?.toString() ?? '',
    stderr: (stderr.read() as Buffer | null)?.toString() ?? '',
  })
  try {
    const command = await entry.load()
    const given = readArguments(entry, argv, env)
    const { signal } = new AbortController()
    const { platform } = process
    const code = await command(given, {
      env,
      cwd: around.cwd,
      stdin: new PassThrough(),
      stdout,
      stderr,
      platform,
      signal,
    })
    return { code, ...read() }
  } catch (error) {
    const code = reportFailure(error, { argv: words, env, stdout, stderr, isInterrupted: false })
    return { code, ...read() }
  }
}
