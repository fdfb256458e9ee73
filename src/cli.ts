import { exitCodes, type Surroundings } from './commands/command.ts'
import { UsageError, readArguments } from './commands/arguments.ts'
import { commands, type CommandEntry } from './commands/table.ts'
import { screenDoor } from './state/screen.ts'
import { build, version } from './version.ts'

/** argv → command → exit code. Nothing is loaded that the command does not use. */
async function main(argv: readonly string[]): Promise<number> {
  const [word, ...rest] = argv
  const stop = new AbortController()
  if (word === '--version' || word === '-v') return print(version)
  if (word === undefined || word === '--help' || word === '-h' || word === 'help') return printHelp(rest[0])
  if (word === '__session') return runHiddenSession(rest[0] ?? '')
  if (word === '__complete')
    return (await import('./commands/complete.ts')).complete(rest, surroundings(stop.signal))
  const isDetached = word === '__dev'
  const entry = commands.find(({ name }) => name === (isDetached ? 'dev' : word))
  try {
    if (!entry) throw new UsageError(`unknown command ${word}`, await nearest(word))
    if (wantsHelp(entry, rest)) return await printHelp(entry.name)
    onInterrupt(stop)
    const given = readArguments(entry, rest, process.env)
    await limitTime(given.text('timeout'), stop)
    const command = await entry.load()
    return await command(given, { ...surroundings(stop.signal), isDetached })
  } catch (error) {
    const { reportFailure } = await import('./report/failure.ts')
    return reportFailure(error, {
      argv,
      env: process.env,
      stdout: process.stdout,
      stderr: process.stderr,
      isInterrupted: stop.signal.aborted,
    })
  }
}

/** The background program of one instance; its end is the end of this process. */
async function runHiddenSession(state: string): Promise<number> {
  const { runSession } = await import('./session/supervise.ts')
  await runSession({ state, build })
  process.exit(exitCodes.ok)
}

function surroundings(signal: AbortSignal): Surroundings {
  return {
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    platform: process.platform,
    signal,
    screen: screenDoor(async () => (await import('../tui/screen.ts')).openScreen),
  }
}

/** The first Ctrl-C asks every step to end; the second ends this program, and the next run tidies up. */
function onInterrupt(stop: AbortController): void {
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(exitCodes.interrupted)
    stop.abort(new Error('interrupted'))
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  process.on('SIGHUP', interrupt)
}

/** `--timeout`: ends the command as an interruption does, with a reason of its own. */
async function limitTime(limit: string | undefined, stop: AbortController): Promise<void> {
  if (limit === undefined) return
  const { readDuration } = await import('./stack/schema/quantities.ts')
  const milliseconds = readDuration(limit)
  if (milliseconds === undefined)
    throw new UsageError(`--timeout ${limit}: expected a duration like 90s or 10m`)
  setTimeout(() => stop.abort(new DOMException(`--timeout ${limit}`, 'TimeoutError')), milliseconds).unref()
}

function wantsHelp(entry: CommandEntry, words: readonly string[]): boolean {
  const own = entry.passesThrough ? words.slice(0, 1) : words
  return own.includes('--help') || own.includes('-h')
}

async function printHelp(name: string | undefined): Promise<number> {
  const { commandHelp, generalHelp } = await import('./commands/help.ts')
  const entry = commands.find((each) => each.name === name)
  return print(entry ? commandHelp(entry) : generalHelp(commands))
}

function print(text: string): number {
  process.stdout.write(`${text}\n`)
  return exitCodes.ok
}

async function nearest(word: string): Promise<string> {
  // CommonJS: in the bundle only its default export is there.
  const { default: levenshtein } = await import('fastest-levenshtein')
  const near = levenshtein.closest(
    word,
    commands.map(({ name }) => name),
  )
  return levenshtein.distance(word, near) <= 2
    ? `did you mean ${near}?`
    : 'iamstack --help lists the commands'
}

// A reader that went away (`iamstack logs | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.ok)
  throw error
})
process.exitCode = await main(process.argv.slice(2))
// A connection that somebody forgot must not keep a finished command alive.
setTimeout(() => process.exit(), 2000).unref()
