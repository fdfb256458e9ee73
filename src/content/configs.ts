import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ConfigFact, ConfigFile } from '../drivers/facts.ts'
import { codeOf } from '../memory/atomic-file.ts'
import { digest } from '../plan/hash.ts'
import { checkTemplateReferences } from '../resolve/checks/references.ts'
import { parseDotenv } from '../resolve/dotenv.ts'
import { parseTemplate } from '../resolve/interpolate.ts'
import type { Config, ConfigSource, Job, ResolvedStack, Service } from '../resolve/resolved.ts'
import { plainText, referencesOf, type Text } from '../resolve/text.ts'
import {
  checked,
  errorAt,
  locationOf,
  type Checked,
  type Diagnostic,
  type Span,
} from '../stack/diagnostics.ts'
import { didYouMean, nearest } from '../stack/schema/suggest.ts'
import { decodeUtf8 } from '../stack/utf8.ts'
import { findFiles, type FoundFile } from './find-files.ts'

/** Where the files of configs come from: the disk, or what a revision kept of it. */
export interface ConfigFiles {
  /** The files behind a path or glob, see `findFiles`. */
  find(pattern: string): Promise<FoundFile[]>
  /** Throws the error of the file system. */
  read(file: string): Promise<Uint8Array>
}

export const configFilesOnDisk: ConfigFiles = { find: findFiles, read: (file) => readFile(file) }

/**
 * Reads every config of the stack. Template files are parsed, everything else is kept byte for byte; sub-folders of a folder
 * keep their place below the mount. All that is wrong in all files is found at once: undefined variables, references to what is
 * not there, files that are missing, unreadable or not UTF-8.
 */
export async function readConfigs(
  stack: ResolvedStack,
  parse: typeof parseTemplate = parseTemplate,
  source: ConfigFiles = configFilesOnDisk,
): Promise<Checked<ReadonlyMap<string, ConfigFact>>> {
  const findings: Diagnostic[] = []
  const facts = new Map<string, ConfigFact>()
  for (const config of stack.configs.values()) {
    const reading = {
      stack,
      config,
      findings,
      source,
      parse: (text: string, file: string) => parse(text, file, stack.scope),
    }
    facts.set(config.name, { files: await readConfig(reading) })
  }
  return checked(facts, unique(findings))
}

interface Reading {
  readonly stack: ResolvedStack
  readonly config: Config
  readonly findings: Diagnostic[]
  readonly source: ConfigFiles
  readonly parse: (text: string, file: string) => ReturnType<typeof parseTemplate>
}

async function readConfig(reading: Reading): Promise<ConfigFile[]> {
  const { config, findings } = reading
  const files = new Map<string, { file: ConfigFile; from: Span }>()
  for (const source of config.sources) {
    for (const file of await readSource(reading, source)) {
      const first = files.get(file.path)
      if (first) findings.push(duplicate(config, file.path, source.from, first.from))
      else files.set(file.path, { file, from: source.from })
    }
  }
  return [...files.values()].map(({ file }) => file)
}

async function readSource(reading: Reading, source: ConfigSource): Promise<ConfigFile[]> {
  switch (source.kind) {
    case 'literal':
      return [textFile(source.key, source.text)]
    case 'template':
      return eachFile(reading, source.pattern, source.from, ({ file, path }, bytes) =>
        templateFile(reading, file, path, bytes),
      )
    case 'files': {
      const files = await eachFile(reading, source.path, source.from, ({ path }, bytes) => [
        bytesFile(path, bytes),
      ])
      return source.key === undefined ? files : renamed(reading, files, source.key, source.from)
    }
    case 'env-file':
      return eachFile(reading, source.path, source.from, ({ file }, bytes) =>
        variableFiles(reading, file, bytes),
      )
    default:
      return source satisfies never
  }
}

async function eachFile(
  { config, findings, source }: Reading,
  pattern: string,
  from: Span,
  read: (found: FoundFile, bytes: Uint8Array) => ConfigFile[],
): Promise<ConfigFile[]> {
  let path = pattern
  try {
    const found = await source.find(pattern)
    if (found.length === 0) findings.push(await nothingThere(config, pattern, from))
    const files: ConfigFile[] = []
    for (const each of found) {
      path = each.file
      files.push(...read(each, await source.read(each.file)))
    }
    return files
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    findings.push(
      errorAt('config/unreadable', `${path} cannot be read: ${code}`, from, 'make it readable for you'),
    )
    return []
  }
}

function templateFile(reading: Reading, file: string, path: string, bytes: Uint8Array): ConfigFile[] {
  const content = textOf(reading, file, bytes)
  if (content === undefined) return []
  const parsed = reading.parse(content, file)
  reading.findings.push(...parsed.warnings)
  if (!parsed.ok) {
    reading.findings.push(...parsed.errors)
    return []
  }
  for (const reader of readersOf(reading, path))
    reading.findings.push(...checkTemplateReferences(reading.stack, parsed.value, reader))
  return [textFile(path, parsed.value)]
}

/** Services and jobs that read this file of the config: what a template may refer to depends on them. */
function readersOf({ stack, config }: Reading, path: string): string[] {
  return [...stack.services.values(), ...stack.jobs.values()]
    .filter((unit) => readsFile(unit, config.name, path))
    .map(({ name }) => name)
}

function readsFile(unit: Service | Job, config: string, path: string): boolean {
  const isMounted = unit.mounts.some(
    (mount) =>
      mount.kind === 'config' &&
      mount.config === config &&
      (mount.key === undefined || mount.key === path) &&
      (mount.keys?.includes(path) ?? true),
  )
  const isImported = unit.envFrom.some(({ kind, name }) => kind === 'config' && name === config)
  return (
    isMounted ||
    isImported ||
    [...unit.env.values()].some(
      (value) => value.kind === 'config' && value.config === config && value.key === path,
    )
  )
}

function variableFiles(reading: Reading, file: string, bytes: Uint8Array): ConfigFile[] {
  const content = textOf(reading, file, bytes)
  if (content === undefined) return []
  const parsed = parseDotenv(file, content)
  reading.findings.push(...parsed.warnings)
  if (parsed.ok)
    return [...parsed.value.values()].map(({ name, value, from }) => textFile(name, plainText(value, from)))
  reading.findings.push(...parsed.errors)
  return []
}

function textOf({ findings }: Reading, file: string, bytes: Uint8Array): string | undefined {
  const decoded = decodeUtf8(bytes)
  if (decoded.ok) return decoded.text
  const { line, column, byte, isUtf16 } = decoded
  const what = isUtf16 ? 'the file is UTF-16' : `byte 0x${byte.toString(16).padStart(2, '0')} is not UTF-8`
  const hint = 'save the file as UTF-8, or put it under `files`, where nothing is substituted'
  findings.push(errorAt('config/encoding', what, { file, line, column, length: 1 }, hint))
  return undefined
}

function textFile(path: string, text: Text): ConfigFile {
  const parts = text.parts.map((part) => (typeof part === 'string' ? part : { ...part, from: undefined }))
  const secrets = referencesOf(text).flatMap((each) =>
    each.kind === 'secret' ? [{ secret: each.secret, key: each.key }] : [],
  )
  return { path, content: { kind: 'text', text }, hash: digest(parts), secrets }
}

function bytesFile(path: string, bytes: Uint8Array): ConfigFile {
  return { path, content: { kind: 'bytes', bytes }, hash: digest(bytes), secrets: [] }
}

function renamed({ findings }: Reading, files: readonly ConfigFile[], key: string, from: Span): ConfigFile[] {
  const [file, ...others] = files
  if (others.length > 0) {
    const message = `${key} is one file, and ${String(files.length)} are named here`
    findings.push(errorAt('config/one-file', message, from, 'name a single file'))
  }
  return file ? [{ ...file, path: key }] : []
}

async function nothingThere({ name }: Config, pattern: string, from: Span): Promise<Diagnostic> {
  const neighbours = await findFiles(dirname(pattern)).catch(() => [])
  const near = nearest(
    pattern,
    neighbours.map(({ file }) => file),
  )
  const message = `config ${name}: there is no file ${pattern}`
  return errorAt(
    'config/no-files',
    message,
    from,
    near === undefined ? 'paths start at the file that states them' : didYouMean(near),
  )
}

function duplicate({ name }: Config, path: string, from: Span, first: Span): Diagnostic {
  return {
    ...errorAt(
      'config/duplicate',
      `config ${name} has two files ${path}`,
      from,
      'give one another name with `files: { NAME: path }`',
    ),
    related: [{ span: first, message: 'the first one' }],
  }
}

/** A template of several readers is checked for each; what is wrong for all of them is said once. */
function unique(findings: readonly Diagnostic[]): Diagnostic[] {
  const byText = new Map(
    findings.map((each) => [`${each.span ? locationOf(each.span) : ''} ${each.code} ${each.message}`, each]),
  )
  return [...byText.values()]
}
