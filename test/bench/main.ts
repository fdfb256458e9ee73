// `npm run bench -- [ROW…] [--rounds N] [--only NAMES] [--json FILE] [--entry FILE]`; see docs/benchmarks.md.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createBench, root, type Bench } from './commands.ts'
import { measure, type ContestantName, type Measured } from './measure.ts'
import { benchTable, writeResults } from './report.ts'
import { scenarios } from './rows/all.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '11' },
    only: { type: 'string', default: 'ours,peer,floor,start' },
    json: { type: 'string', default: join(root, 'test', 'bench', 'results', 'latest.json') },
    /** Another build of the program, to compare two. */
    entry: { type: 'string', default: join(root, 'dist', 'cli.js') },
  },
})

const rounds = Number(values.rounds)
const known = new Set(scenarios.flatMap(({ numbers }) => numbers.map(String)))
if (!Number.isInteger(rounds) || rounds < 1) usage(`--rounds ${values.rounds}: a number from 1 up`)
for (const row of positionals)
  if (!known.has(row)) usage(`row ${row} is not measured here; rows: ${[...known].join(', ')}`)
const only = new Set(values.only.split(',').map(contestantName))

let current: Bench | undefined
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    stop.abort()
    process.stderr.write(`\n${signal}: cleaning up\n`)
    void (current?.dispose() ?? Promise.resolve())
      .catch((error: unknown) => console.error(error))
      .finally(() => process.exit(130))
  })

const results: Measured[] = []
for (const { numbers, open } of scenarios) {
  if (stop.signal.aborted) break
  if (positionals.length > 0 && !numbers.some((number) => positionals.includes(String(number)))) continue
  const bench = await createBench(values.entry)
  current = bench
  try {
    results.push(...(await measure(await open(bench), { rounds, only, tell: (text) => tell(text) })))
  } finally {
    await bench.dispose()
  }
}
tell('')
if (!stop.signal.aborted) {
  console.log(benchTable(results))
  await writeResults(values.json, results, rounds)
}
const isMissed = results.some(({ isMet, failures }) => isMet === false || failures.length > 0)
process.exitCode = isMissed ? 1 : 0

function contestantName(text: string): ContestantName {
  switch (text) {
    case 'ours':
    case 'peer':
    case 'floor':
    case 'start':
      return text
    default:
      return usage(`--only ${text}: ours, peer, floor or start`)
  }
}

function usage(text: string): never {
  console.error(text)
  process.exit(2)
}

/** One line that the next one overwrites; nothing where nobody looks. */
function tell(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`)
}
