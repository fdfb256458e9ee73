import { checkStack } from '../stack/check.ts'
import { errorAt, type Checked, type Diagnostic } from '../stack/diagnostics.ts'
import { mergedSchema } from '../stack/language/profile.ts'
import type { LoadedStack } from '../stack/load.ts'
import type { LoadedProfiles, ProfileLayer } from '../stack/load-profile.ts'
import { valueOf, type MapNode, type SourceNode } from '../stack/node.ts'
import { decode } from '../stack/schema/decode.ts'
import { expandShortForms } from '../stack/schema/expand.ts'
import { checkGateway } from './checks/gateway.ts'
import { checkProcessTarget } from './checks/process.ts'
import { checkReferences } from './checks/references.ts'
import { readDotenv, type DotenvEntry } from './dotenv.ts'
import { fullAllowance } from './evaluate.ts'
import { inOrder, withRemovals } from './findings.ts'
import { interpolate } from './interpolate.ts'
import { overlay } from './overlay.ts'
import { placesIn } from './places.ts'
import { inMergeOrder, targetOf } from './profiles.ts'
import type { Profile, ResolvedStack, Target } from './resolved.ts'
import { contentsOf } from './sections/contents.ts'
import { readingOf } from './sections/reading.ts'
import { assign, readSetFlags, type SetFlag, type TypedAssignment } from './set.ts'
import { assignedBy, declarationsOf, flagValues, unknownNames, variableNameOf } from './value-layers.ts'
import { variablesOf, type ValueLayers } from './vars.ts'

export interface ResolveOptions {
  /** In the order they were selected (`selectProfiles`); default: none. */
  readonly profileNames?: readonly string[]
  /** What `loadProfiles` read for these names. */
  readonly profiles?: LoadedProfiles
  /** Where to run when no profile says; default `compose`. */
  readonly fallbackTarget?: Target
  readonly instance?: string
  /** Arguments of `--var`, `NAME=value`. */
  readonly vars?: readonly string[]
  readonly set?: readonly SetFlag[]
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly dotenv?: { readonly file: string; readonly content: string } | undefined
  /** The text of a file that was read, so that errors point into values; without it, at them. */
  readonly sourceOf?: (file: string) => string | undefined
}

/** `partly`: a stack with mistakes, of which the files that it names can still be read: theirs belong to the same report. */
export type Resolution = Checked<ResolvedStack> & { readonly partly?: ResolvedStack }

/**
 * Makes the stack of one profile: overlays merged, `--set` applied, variables substituted, every default filled, every reference
 * checked. Pure. All mistakes at once; only what cannot be read at all hides what would come after it.
 */
export function resolve(loaded: LoadedStack, options: ResolveOptions = {}): Resolution {
  const findings: Diagnostic[] = []
  const layers = options.profiles?.layers ?? []
  const names = options.profileNames ?? []
  const target = targetOf(names, layers, options.fallbackTarget ?? 'compose', findings)
  const identity = identityOf(loaded, options.instance, findings)
  const assignments = readSetFlags(options.set ?? [], findings)
  const merged = mergeAll(loaded, options, assignments, findings)

  const places = placesIn(options.sourceOf ?? (() => undefined))
  const declarations = declarationsOf(valueOf(loaded.node, 'vars'))
  const valueLayers = layersOf(options, assignments, findings)
  const fixed = new Map([
    ['project', identity.project],
    ['instance', options.instance ?? ''],
    ['target', target],
  ])
  const allowance = fullAllowance()
  const variables = variablesOf({ declarations, layers: valueLayers, fixed, places, allowance })
  const interpolated = interpolate(mergedSchema, merged, variables, places, allowance)
  const unknown = unknownNames(valueLayers, new Set(declarations.keys()), variables)
  findings.push(...variables.findings, ...interpolated.findings, ...unknown)

  const decoded = decode(mergedSchema, interpolated.node, { mode: 'resolved' })
  if (!decoded.ok) {
    // Where a variable has no value its text is still there: a number that is one is no mistake of its own.
    if (!hasErrors(findings)) return failed([...findings, ...decoded.errors], layers)
    const partly = decode(mergedSchema, interpolated.node, { mode: 'source' })
    return failed([...findings, ...(partly.ok ? checkStack(partly.value) : partly.errors)], layers)
  }
  findings.push(...decoded.warnings, ...checkStack(decoded.value))

  const file = decoded.value.value
  const reading = readingOf({
    spans: decoded.value,
    textOf: interpolated.textOf,
    textIn: interpolated.textIn,
    findings,
    file: loaded.entry,
    roots: loaded.roots,
    home: options.environment?.['HOME'] ?? options.environment?.['USERPROFILE'],
    target,
    instance: options.instance,
    imageNames: new Set(file.images?.keys()),
  })
  const profile: Profile = { names, target, isProtected: file.protected ?? false, ttl: file.ttl }
  const stack: Omit<ResolvedStack, 'warnings'> = {
    name: identity.name,
    instance: options.instance,
    project: identity.project,
    namespace: withInstance(file.namespace ?? identity.name, options.instance),
    root: reading.root,
    file: loaded.entry,
    profile,
    vars: variables.known(),
    scope: { value: variables.value, names: variables.names },
    files: [...new Set([...loaded.files, ...(options.profiles?.files ?? [])])],
    ...contentsOf(reading, file),
  }
  findings.push(...checkReferences(stack), ...checkGateway(stack))
  if (target === 'process') findings.push(...checkProcessTarget(stack))
  if (hasErrors(findings)) return { ...failed(findings, layers), partly: { ...stack, warnings: [] } }
  const warnings = inOrder(findings)
  return { ok: true, value: { ...stack, warnings }, warnings }
}

interface Identity {
  readonly name: string
  readonly project: string
}

function identityOf(loaded: LoadedStack, instance: string | undefined, findings: Diagnostic[]): Identity {
  const node = valueOf(loaded.node, 'name')
  const name = node?.kind === 'scalar' ? node.text : ''
  if (name.includes('${')) {
    findings.push(
      errorAt(
        'resolve/name',
        'the name of a stack is fixed: everything that it makes is found by it',
        node?.span,
        'use --instance for copies',
      ),
    )
  }
  const project = withInstance(name, instance)
  if (instance !== undefined && !/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(instance)) {
    const hint = 'lower-case letters, digits and dashes only'
    findings.push(
      errorAt(
        'resolve/instance',
        `“${instance}” cannot name an instance`,
        { file: '--instance', line: 1, column: 1, length: instance.length || 1 },
        hint,
      ),
    )
  }
  if (project.length > 63) {
    findings.push(
      errorAt(
        'resolve/name',
        `${project} is longer than the 63 characters that a name may have`,
        node?.span,
        'choose a shorter name or instance',
      ),
    )
  }
  return { name, project }
}

function withInstance(name: string, instance: string | undefined): string {
  return instance === undefined ? name : `${name}-${instance}`
}

/** Keys that are read before the merge, or that belong to one file alone. */
const ownKeys = new Set(['$schema', 'version', 'vars', 'target'])

/** What `--set` comes too late for, and what to do instead. */
const unsettable: ReadonlyMap<string, string> = new Map([
  ['target', 'choose a target by --profile'],
  ['vars', 'write --set vars.NAME=value'],
  ['name', 'use --instance for copies'],
  ['version', 'it belongs to the file'],
  ['$schema', 'it belongs to the file'],
  ['include', 'write it in the stack file'],
  ['roots', 'write it in the stack file'],
])

function mergeAll(
  loaded: LoadedStack,
  options: ResolveOptions,
  assignments: readonly TypedAssignment[],
  findings: Diagnostic[],
): SourceNode {
  let node: SourceNode = withoutOwnKeys(loaded.node)
  for (const layer of inMergeOrder(options.profiles?.layers ?? [])) {
    node = overlay(mergedSchema, node, withoutOwnKeys(layer.node), findings)
  }
  for (const assignment of assignments) {
    if (variableNameOf(assignment) !== undefined) continue
    const [first] = assignment.path
    const cure = first && unsettable.get(String(first.key))
    if (cure !== undefined) {
      findings.push(errorAt('set/path', `${String(first?.key)} cannot be set here`, first?.span, cure))
    } else node = assign(mergedSchema, node, assignment, findings)
  }
  return expandShortForms(mergedSchema, node)
}

function withoutOwnKeys(node: MapNode): MapNode {
  return { ...node, entries: node.entries.filter((entry) => !ownKeys.has(entry.key)) }
}

function layersOf(
  options: ResolveOptions,
  assignments: readonly TypedAssignment[],
  findings: Diagnostic[],
): ValueLayers {
  const { dotenv, environment = {}, profiles } = options
  const flags = flagValues(options.vars ?? [], findings)
  for (const assignment of assignments) {
    const name = variableNameOf(assignment)
    const { value } = assignment
    if (name !== undefined && value.kind === 'scalar')
      flags.set(name, { value: value.text, from: value.span })
  }
  const entries = dotenv ? readDotenv(dotenv.file, dotenv.content, findings) : new Map<string, DotenvEntry>()
  return { flags, environment, dotenv: entries, ...assignedBy(profiles?.layers ?? []) }
}

function hasErrors(findings: readonly Diagnostic[]): boolean {
  return findings.some((finding) => finding.severity === 'error')
}

function failed(findings: readonly Diagnostic[], layers: readonly ProfileLayer[]): Checked<ResolvedStack> {
  const ordered = inOrder(withRemovals(findings, layers))
  const errors = ordered.filter((finding) => finding.severity === 'error')
  return { ok: false, errors, warnings: ordered.filter((finding) => finding.severity !== 'error') }
}
