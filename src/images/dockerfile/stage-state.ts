import { posix } from 'node:path'
import type { Span } from '../../stack/diagnostics.ts'
import type { StageNode } from './graph.ts'
import type { ImageConfig } from './image-config.ts'
import { emptyConfig } from './image-config.ts'
import type { ArgInstruction, KeyValue } from './instructions.ts'
import type { BuildInputs, Expanded, Scope } from './scope.ts'
import { isKnownIn } from './scope.ts'

/** What the instructions of a stage have brought about so far. */
export interface StageState {
  readonly values: Map<string, string>
  readonly unknown: Set<string>
  isOpen: boolean
  config: ImageConfig
  workdir: string | undefined
  readonly directories: Set<string>
  isComplete: boolean
}

const pathOfScratch = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Nothing, but its working directory is written down as `/`. */
const scratchConfig: ImageConfig = { ...emptyConfig, workingDirectory: '/' }

/** Directories that any base image with a file system has, so that `COPY a /tmp` is known to mean `/tmp/a`. */
const usualDirectories = [
  ...['bin', 'dev', 'etc', 'home', 'lib', 'opt', 'root', 'run', 'sbin', 'srv', 'tmp', 'usr', 'usr/bin'],
  ...[
    'usr/lib',
    'usr/local',
    'usr/local/bin',
    'usr/sbin',
    'usr/share',
    'var',
    'var/lib',
    'var/log',
    'var/tmp',
  ],
]

export function initialState(
  node: StageNode,
  states: ReadonlyMap<number, StageState>,
  inputs: BuildInputs,
): StageState {
  const base = node.base.kind === 'stage' ? states.get(node.base.index) : undefined
  if (base) {
    return {
      ...base,
      values: new Map(base.values),
      unknown: new Set(base.unknown),
      directories: new Set(base.directories),
    }
  }
  const isImage = node.base.kind === 'image'
  const known = node.base.kind === 'image' ? inputs.baseConfig?.(node.base.reference) : scratchConfig
  const config = known ?? emptyConfig
  const env = new Map(config.env)
  if (known && !env.has('PATH')) env.set('PATH', pathOfScratch)
  const directories = new Set(['/'])
  if (isImage) for (const each of usualDirectories) directories.add(`/${each}`)
  const workdir = known ? (config.workingDirectory ?? '/') : undefined
  addDirectory(directories, workdir)
  return {
    values: new Map(env),
    unknown: new Set(),
    isOpen: !known,
    config: { ...config, env },
    workdir,
    directories,
    isComplete: known !== undefined,
  }
}

export type Expand = (text: string, span: Span) => Expanded

/** Gives ARGs their values: from outside, the default, or the ARG of that name before the first FROM. */
export function declareArgs(
  instruction: ArgInstruction,
  outer: Scope,
  state: StageState,
  inputs: BuildInputs,
  args: Map<string, string | undefined>,
  expand: Expand,
): void {
  for (const arg of instruction.args) {
    const name = expand(arg.name, arg.span).value
    const fallback = arg.value === undefined ? undefined : expand(arg.value, arg.span)
    const value = inputs.args.get(name) ?? fallback?.value ?? outer.values.get(name)
    const isUnknown =
      !inputs.args.has(name) &&
      (fallback ? !fallback.isKnown : value === undefined && !isKnownIn(outer, name))
    if (isUnknown) {
      state.unknown.add(name)
      state.values.delete(name)
    } else if (value !== undefined) {
      state.unknown.delete(name)
      state.values.set(name, value)
    }
    args.set(name, isUnknown ? `unknown ${fallback?.value ?? ''}` : value)
  }
}

/** Values of one instruction do not see each other: `ENV a=1 b=$a` gives b the earlier a. */
export function setEnvironment(state: StageState, pairs: readonly KeyValue[], expand: Expand): void {
  const env = new Map(state.config.env)
  const expanded = pairs.map((pair) => ({
    key: expand(pair.key, pair.span).value,
    value: expand(pair.value, pair.span),
  }))
  for (const { key, value } of expanded) {
    env.set(key, value.value)
    if (value.isKnown) {
      state.values.set(key, value.value)
      state.unknown.delete(key)
    } else {
      state.values.delete(key)
      state.unknown.add(key)
    }
  }
  state.config = { ...state.config, env }
}

/** A path seen from a working directory; undefined where that is not known and the path is not absolute. */
export function absolute(workdir: string | undefined, path: string): string | undefined {
  if (path.startsWith('/')) return withoutSlash(posix.normalize(path))
  return workdir === undefined ? undefined : withoutSlash(posix.join('/', workdir, path))
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

/** Notes a directory and its parents. */
export function addDirectory(directories: Set<string>, path: string | undefined): void {
  for (let at = path; at !== undefined && !directories.has(at); at = posix.dirname(at)) directories.add(at)
}
