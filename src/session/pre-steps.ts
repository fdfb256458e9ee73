import type { FileAccess } from '../images/context/file-access.ts'
import type { StatCache } from '../images/context/stat-cache.ts'
import { digestTree, ignoreOfSources } from '../images/context/tree.ts'
import type { Memory } from '../memory/memory.ts'
import { digest } from '../plan/hash.ts'
import { StepError } from '../plan/step-error.ts'
import { CommandError, run } from '../platform/run.ts'
import type { Image } from '../resolve/resolved.ts'
import { acceptsOf } from './sources.ts'

const key = 'pre-steps'
const keptLines = 20

/**
 * Host steps before builds (`pre`), each only when its command or its inputs changed since it last went well. They run before
 * images are identified, because what they make is part of the context. A failure is that image's alone: it is kept and ends
 * its build.
 */
export async function runPreSteps(
  images: ReadonlyMap<string, Image>,
  memory: Memory,
  files: FileAccess,
  cache: StatCache,
): Promise<ReadonlyMap<string, StepError>> {
  const withSteps = [...images.values()].filter(({ pre }) => pre.length > 0)
  if (withSteps.length === 0) return new Map()
  const done = await readDone(memory)
  const failures = new Map<string, StepError>()
  await Promise.all(
    withSteps.map(async (image) => {
      for (const [index, step] of image.pre.entries()) {
        const name = `${image.name}/${index}`
        const inputs = await inputsOf(step, files, cache)
        if (inputs !== undefined && done.get(name) === inputs) continue
        const failure = await runStep(image, step)
        if (failure) {
          failures.set(image.name, failure)
          return
        }
        if (inputs !== undefined) done.set(name, inputs)
      }
    }),
  )
  await memory.write(key, Object.fromEntries(done))
  return failures
}

type PreStep = Image['pre'][number]

/** Undefined: without declared inputs nothing tells whether it is still good, so it runs each time. */
async function inputsOf(step: PreStep, files: FileAccess, cache: StatCache): Promise<string | undefined> {
  if (step.inputs.length === 0) return undefined
  const tree = { folder: step.cwd, ignore: ignoreOfSources(''), accepts: acceptsOf(step.cwd, step.inputs) }
  return digest([step.run, await digestTree(tree, files, cache)])
}

async function runStep(image: Image, step: PreStep): Promise<StepError | undefined> {
  const shell: [string, ...string[]] =
    process.platform === 'win32' ? ['cmd', '/d', '/s', '/c', step.run] : ['/bin/sh', '-c', step.run]
  try {
    const { exitCode, stdout, stderr } = await run(shell, { cwd: step.cwd })
    if (exitCode === 0) return undefined
    const evidence = `${stdout}\n${stderr}`.trim().split('\n').slice(-keptLines)
    return new StepError('build', `image ${image.name}: \`${step.run}\` ended with exit code ${exitCode}`, {
      span: step.from,
      evidence,
    })
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    return new StepError('build', `image ${image.name}: \`${step.run}\`: ${error.message}`, {
      span: step.from,
      cause: error,
    })
  }
}

async function readDone(memory: Memory): Promise<Map<string, string>> {
  const value = await memory.read(key)
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}
