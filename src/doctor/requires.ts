import { CommandError, run } from '../platform/run.ts'
import { version as ownVersion } from '../version.ts'
import { ok, problem, warning, type Observation } from './finding.ts'
import type { Subject } from './subject.ts'

/** How a program tells its version where it is not `--version`. */
const versionWords: Readonly<Record<string, readonly string[]>> = {
  go: ['version'],
  helm: ['version', '--short'],
  java: ['-version'],
  kubectl: ['version', '--client'],
  openssl: ['version'],
}

/** Milliseconds. */
const patience = 10_000

/** Each tool of `requires` against its range. */
export async function checkRequires(subject: Subject): Promise<Observation[]> {
  const { default: semver } = await import('semver')
  const observations = await Promise.all(
    [...subject.requires].map(async ([tool, range]): Promise<Observation | undefined> => {
      if (semver.validRange(range) === null) {
        return warning(`requires.${tool}: ${range} is not a range of versions`, 'write one like ">=1.2"')
      }
      const found = await versionOf(tool, subject)
      if (found.kind !== 'version') return found.observation
      const version = semver.coerce(found.text)
      if (version === null) {
        return warning(
          `${tool} does not tell its version; ${range} is required`,
          `see whether ${tool} is new enough`,
        )
      }
      return semver.satisfies(version, range)
        ? ok(`${tool} ${found.text} is ${range}`)
        : problem(`${tool} ${found.text} is not ${range}`, `install ${tool} ${range}`)
    }),
  )
  return observations.filter((each) => each !== undefined)
}

type Version =
  | { readonly kind: 'version'; readonly text: string }
  | { readonly kind: 'none'; readonly observation: Observation | undefined }

async function versionOf(tool: string, subject: Subject): Promise<Version> {
  switch (tool) {
    case 'iamstack':
      return ownVersion === 'source'
        ? { kind: 'none', observation: ok('iamstack runs from its sources, which have no version') }
        : { kind: 'version', text: ownVersion }
    case 'node':
      return { kind: 'version', text: subject.nodeVersion }
    case 'docker':
      return versionOfDocker(subject)
    default:
      return versionOfProgram(tool, subject)
  }
}

/** The engine's: the command line is not used. One that does not answer is told by `docker/engine`, where it matters. */
function versionOfDocker({ engine, target }: Subject): Version {
  if (engine?.kind === 'answers') return { kind: 'version', text: engine.version.Version }
  const observation =
    target.name === 'process' ? ok('docker is not asked for by the process target') : undefined
  return { kind: 'none', observation }
}

async function versionOfProgram(tool: string, { env }: Subject): Promise<Version> {
  if (!/^[\w.+-]+$/.test(tool)) {
    const cure = 'name a program as it is called on PATH'
    return { kind: 'none', observation: warning(`requires: ${tool} is no name of a program`, cure) }
  }
  try {
    const words = versionWords[tool] ?? ['--version']
    const { stdout, stderr } = await run([tool, ...words], { env, timeout: patience })
    const text = /\d+\.\d+(?:\.\d+)?/.exec(`${stdout}\n${stderr}`)?.[0] ?? ''
    return { kind: 'version', text }
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    return {
      kind: 'none',
      observation: problem(error.message, `install ${tool}, or put its folder on PATH`),
    }
  }
}
