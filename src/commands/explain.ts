import { readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { dearest, effectsOf, type Cost, type Effect, type Subject } from '../dev/ways/effects.ts'
import { formatEffects, formatFolder, type FormatOptions } from '../dev/ways/format.ts'
import type { IgnoreFile } from '../dev/ways/ignored.ts'
import { nodeFiles } from '../images/context/file-access.ts'
import { styleFor } from '../report/style.ts'
import { openStack } from '../session/open.ts'
import type { Opened } from '../session/opened.ts'
import { processSources } from '../session/sources.ts'
import { UsageError } from './arguments.ts'
import { exitCodes, type Command } from './command.ts'

/** What an edit of each path would do, and why. Reads files; asks no engine and no cluster. */
export const explain: Command = async (given, around) => {
  if (given.operands.length === 0)
    throw new UsageError('explain which file?', 'iamstack explain PATH…, files or folders')
  const opened = await openStack(given, around, { offline: true })
  try {
    const subject = await subjectOf(opened)
    const change = given.isOn('removed') ? 'remove' : 'write'
    const answers: Answer[] = []
    for (const path of given.operands)
      answers.push(await answerFor(subject, resolve(around.cwd, path), change))
    const nameOf = (path: string): string => nameFrom(around.cwd, path)
    if (given.text('output') === 'json') {
      const { project, profile } = opened.stack
      const paths = answers.map((each) => asJson(each, nameOf))
      around.stdout.write(`${JSON.stringify({ project, target: profile.target, paths })}\n`)
    } else {
      const { bold, dim } = styleFor(given.text('ansi'), around.stdout, around.env)
      const options: FormatOptions = { sourceOf: textOf, nameOf, bold, dim }
      around.stdout.write(`${answers.map((each) => asText(each, options)).join('\n\n')}\n`)
    }
    return exitCodes.ok
  } finally {
    await opened.close()
  }
}

type Answer =
  | {
      readonly kind: 'file'
      readonly path: string
      readonly isThere: boolean
      readonly effects: readonly Effect[]
    }
  | {
      readonly kind: 'folder'
      readonly path: string
      readonly files: readonly { readonly path: string; readonly cost: Cost }[]
    }

async function answerFor(subject: Subject, path: string, change: 'write' | 'remove'): Promise<Answer> {
  const [stat] = await nodeFiles.stat([path])
  if (stat?.kind !== 'directory')
    return { kind: 'file', path, isThere: stat !== undefined, effects: effectsOf(subject, path, change) }
  const files = (await filesBelow(path)).map((file) => ({
    path: file,
    cost: dearest(effectsOf(subject, file, change)),
  }))
  return { kind: 'folder', path, files }
}

/** Folders that no stack watches, told as one. */
const closed = ['.git', 'node_modules']

async function filesBelow(folder: string): Promise<string[]> {
  const entries = [...(await nodeFiles.list(folder))].sort((one, other) => (one.name < other.name ? -1 : 1))
  const lists = entries.map(({ name, kind }) => {
    const path = join(folder, name)
    return kind === 'directory' && !closed.includes(name) ? filesBelow(path) : Promise.resolve([path])
  })
  return (await Promise.all(lists)).flat()
}

async function subjectOf(opened: Opened): Promise<Subject> {
  const { stack, driver, memory } = opened
  const { manifests } = await opened.gather('check')
  return {
    stack,
    identities: opened.gathered()?.identities ?? new Map<string, never>(),
    processes:
      driver.name === 'process'
        ? await processSources(stack, nodeFiles, memory.folder)
        : new Map<string, never>(),
    stackFiles: opened.watch,
    manifests: manifests.map(({ from }) => from.file),
    ignoreFiles: await ignoreFilesOf(opened),
  }
}

/** `<Dockerfile>.dockerignore` goes before the context's own. */
async function ignoreFilesOf({ stack }: Opened): Promise<ReadonlyMap<string, IgnoreFile>> {
  const found = new Map<string, IgnoreFile>()
  for (const { name, context, dockerfile } of stack.images.values()) {
    for (const file of [join(context, '.dockerignore'), `${dockerfile}.dockerignore`]) {
      const text = await nodeFiles.readText(file)
      if (text !== undefined) found.set(name, { file, text })
    }
  }
  return found
}

function asText(answer: Answer, options: FormatOptions): string {
  const path = options.nameOf(answer.path)
  if (answer.kind === 'folder') {
    const files = answer.files.map((each) => ({ ...each, path: options.nameOf(each.path) }))
    return formatFolder(path, files, options)
  }
  const text = formatEffects(path, answer.effects, options)
  return answer.isThere ? text : `${text}\n  there is no such file now`
}

function asJson(answer: Answer, nameOf: (path: string) => string): object {
  const path = nameOf(answer.path)
  if (answer.kind === 'folder')
    return { path, kind: 'folder', files: answer.files.map((each) => ({ ...each, path: nameOf(each.path) })) }
  return {
    path,
    kind: 'file',
    exists: answer.isThere,
    cost: dearest(answer.effects),
    effects: answer.effects.map(effectAsJson),
  }
}

function effectAsJson({ cost, resources, rule, span, way }: Effect): object {
  const common = { cost, resources, rule, ...(span && { span }) }
  switch (way?.cost) {
    case 'sync': {
      const { destinations, mode, owner, exec, then } = way
      return {
        ...common,
        destinations,
        ...(mode !== undefined && { mode }),
        ...(owner !== undefined && { owner }),
        exec: exec.map(({ command }) => command),
        then,
      }
    }
    case 'rebuild':
      return { ...common, stage: way.stage, ...(way.cure !== undefined && { cheaper: way.cure }) }
    case 'ignored':
    case undefined:
      return common
    default:
      return way satisfies never
  }
}

function nameFrom(cwd: string, path: string): string {
  const way = relative(cwd, path)
  return way === '' ? '.' : way.startsWith('..') ? path : way
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // The excerpt is a courtesy: the place and the rule stand without it.
    return undefined
  }
}
