// `npm test`: installs what is missing, builds, and runs every suite whose engine is there.
// With CI set, an engine that is missing is a failure; else its suites are named as skipped, with the command that brings it.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { install } from './install.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const isCi = (process.env.CI ?? '') !== ''
install(root)
install(join(root, 'examples', 'iam'))
const { build } = await import('./build.mjs')
await build()

const hasEngine = answers('docker', ['version', '--format', '{{.Server.Version}}'])
const hasCluster = hasEngine && hasDockerDesktop()
const hasKind = hasEngine && answers('kind', ['version'])
const hasAws = hasEngine && (await standInAnswers())
const wanted = process.argv.slice(2)
const suites = [
  { name: 'unit', needs: true },
  { name: 'engine', needs: hasEngine, why: 'no Docker engine answers', cure: 'test/lab/lab up docker' },
  {
    name: 'cluster',
    needs: hasCluster,
    why: 'there is no context docker-desktop that answers',
    cure: 'test/lab/lab up',
  },
  { name: 'kind', needs: hasKind, why: 'there is no kind on PATH', cure: 'test/lab/lab up' },
  { name: 'aws', needs: hasAws, why: 'no stand-in for AWS answers', cure: 'test/lab/lab up' },
  { name: 'e2e', needs: true },
].filter(({ name }) => wanted.length === 0 || wanted.includes(name))

const results = mkdtempSync(join(tmpdir(), 'iamstack-test-'))
const total = { passed: 0, failed: 0, skipped: 0 }
const failures = []
let isBroken = false
for (const { name, needs, why, cure } of suites) {
  if (!needs) {
    console.log(`suite ${name}: skipped, ${why}; on Debian 12, \`${cure}\` brings what it needs`)
    if (isCi) {
      isBroken = true
      failures.push({ title: `suite ${name}`, message: `  ${why}` })
    }
    total.skipped += 1
    continue
  }
  const ran = run(name)
  for (const counts of ran?.files ?? [])
    for (const outcome of Object.keys(total)) total[outcome] += counts[outcome]
  if (!ran || (ran.status !== 0 && ran.failures.length === 0)) isBroken = true
  failures.push(...(ran?.failures ?? [{ title: `suite ${name}`, message: '  it ended without a report' }]))
}
rmSync(results, { recursive: true, force: true })
// Again at the end: of a long log often the last lines are all that is kept.
if (failures.length > 0) {
  const told = failures.map(({ title, message }) => `${title}\n${message}`)
  console.log(`\nFailed:\n\n${told.join('\n\n')}\n`)
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exit(total.failed > 0 || isBroken ? 1 : 0)

/** Counts and failures of one suite; undefined when it ended without a report. */
function run(name) {
  const report = join(results, `${name}.json`)
  const words = ['vitest', 'run', '--project', name, '--reporter=default', '--reporter=json']
  const { status } = spawnSync('npx', [...words, `--outputFile.json=${report}`], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  const read = readReport(report)
  return read && { status, ...read }
}

/** The lab's cluster has a kubeconfig of its own. */
function hasDockerDesktop() {
  const file = process.env.IAMSTACK_LAB_KUBECONFIG_DOCKER_DESKTOP
  const own = file === undefined ? [] : ['--kubeconfig', file]
  return answers('kubectl', [
    ...own,
    '--context',
    'docker-desktop',
    '--request-timeout=5s',
    'get',
    '--raw',
    '/readyz',
  ])
}

async function standInAnswers() {
  const address = process.env.IAMSTACK_LAB_AWS
  if (address === undefined) return false
  return await fetch(`${address}/_lab/health`).then(
    ({ ok }) => ok,
    () => false,
  )
}

function answers(program, words) {
  return spawnSync(program, words, { stdio: 'ignore' }).status === 0
}

function readReport(report) {
  try {
    const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
    return { files: testResults.map(countsOf), failures: testResults.flatMap(failuresOf) }
  } catch (error) {
    console.error(`${report}: ${error.message}`)
    return undefined
  }
}

/** A file that does not load counts as one failed test. */
function countsOf({ status, assertionResults }) {
  const count = (...wanted) => assertionResults.filter((result) => wanted.includes(result.status)).length
  const failed = count('failed')
  return {
    passed: count('passed'),
    failed: failed === 0 && status === 'failed' ? 1 : failed,
    skipped: count('pending', 'skipped', 'todo', 'disabled'),
  }
}

/** The failed tests of one file, each with its message; or why the file itself did not load. */
function failuresOf({ name, status, message, assertionResults }) {
  const file = relative(root, name)
  const failed = assertionResults.filter((result) => result.status === 'failed')
  if (failed.length === 0) return status === 'failed' ? [{ title: file, message: shortened(message) }] : []
  return failed.map((result) => ({
    title: `${file}: ${result.fullName}`,
    message: shortened(result.failureMessages.join('\n')),
  }))
}

/** What was wrong stands at the beginning of a message, and what was seen last often at its end. */
function shortened(text) {
  const lines = text.split('\n').map((line) => `  ${line}`)
  const isLong = lines.length > 60
  return (isLong ? [...lines.slice(0, 15), '  …', ...lines.slice(-40)] : lines).join('\n')
}
