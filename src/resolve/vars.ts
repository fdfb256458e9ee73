import { errorAt, type Diagnostic, type Span } from '../stack/diagnostics.ts'
import type { ScalarNode } from '../stack/node.ts'
import { didYouMean, nearest } from '../stack/schema/suggest.ts'
import type { DotenvEntry } from './dotenv.ts'
import { evaluate, howToSet, type Allowance, type Parts, type Scope } from './evaluate.ts'
import type { Places } from './places.ts'
import type { Variable } from './resolved.ts'
import { parseTemplateText } from './template.ts'
import { textAsWritten } from './text.ts'

/** A variable as `vars` of the stack declares it. */
export interface Declaration {
  readonly default: ScalarNode | undefined
  /** The values it may have; empty: any. */
  readonly oneOf: readonly string[]
  /** The reason to give when it has no value. */
  readonly required: string | undefined
  readonly from: Span
}

/** Where values come from, strongest first. Only names that are declared or used are ever looked up in the environment. */
export interface ValueLayers {
  readonly flags: ReadonlyMap<string, { readonly value: string; readonly from: Span }>
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly dotenv: ReadonlyMap<string, DotenvEntry>
  readonly local: ReadonlyMap<string, ScalarNode>
  readonly profile: ReadonlyMap<string, ScalarNode>
}

/** Variables with their values, computed when first asked for. */
export interface Variables extends Scope {
  /** Those that are declared and those that were used so far, with a value. */
  readonly known: () => ReadonlyMap<string, Variable>
  /** Whether anything asked for the name so far. */
  readonly isUsed: (name: string) => boolean
  /** What was wrong with values that were asked for so far; each once. */
  readonly findings: readonly Diagnostic[]
}

export interface VariableInput {
  readonly declarations: ReadonlyMap<string, Declaration>
  readonly layers: ValueLayers
  /** `project`, `instance` …: fixed names that cannot be declared. */
  readonly fixed: ReadonlyMap<string, string>
  readonly places: Places
  readonly allowance: Allowance
}

/** A value may build on a value on … this often; deeper is a mistake, and would end the stack. */
const deepestChain = 100

export function variablesOf(input: VariableInput): Variables {
  const { declarations, layers, fixed, allowance } = input
  const findings: Diagnostic[] = []
  const values = new Map<string, Parts | 'failed' | undefined>()
  const found = new Map<string, Variable>()
  /** Names whose values are being computed, outermost first. */
  const chain: { readonly name: string; readonly from: Span }[] = []

  const scope: Scope = {
    value: valueOf,
    names: () => new Set([...declarations.keys(), ...fixed.keys(), ...found.keys()]),
  }

  function valueOf(name: string): Parts | 'failed' | undefined {
    const known = fixed.get(name)
    if (known !== undefined) return [known]
    if (values.has(name)) return values.get(name)
    if (chain.some((each) => each.name === name)) return fail(cycle(chain, name))
    if (chain.length >= deepestChain) return fail(tooDeep(chain))
    const value = compute(name)
    // A cycle through this name has marked it already.
    if (!values.has(name)) values.set(name, value)
    return values.get(name)
  }

  function fail(finding: Diagnostic): 'failed' {
    findings.push(finding)
    for (const { name } of chain) values.set(name, 'failed')
    return 'failed'
  }

  function compute(name: string): Parts | 'failed' | undefined {
    const declaration = declarations.get(name)
    const assigned = assignmentOf(name, layers, declaration)
    if (!assigned) {
      if (declaration?.required === undefined) return undefined
      const reason = declaration.required === '' ? '' : `: ${declaration.required}`
      findings.push(errorAt('vars/required', `${name} is not set${reason}`, declaration.from, howToSet(name)))
      return 'failed'
    }
    const parts = typeof assigned.value === 'string' ? [assigned.value] : substituted(name, assigned.value)
    if (parts === 'failed') return 'failed'
    const from = assigned.from ?? declaration?.from
    const text = { parts, from: from ?? nowhere(name) }
    const value = textAsWritten(text)
    const refusal = declaration && notOneOf(name, value, declaration, assigned)
    if (refusal) {
      findings.push(refusal)
      return 'failed'
    }
    found.set(name, { name, value, text, origin: assigned.origin, from: assigned.from })
    return parts
  }

  function substituted(name: string, node: ScalarNode): Parts | 'failed' {
    const written = writtenText(node)
    chain.push({ name, from: node.span })
    const {
      parts,
      findings: own,
      isComplete,
    } = evaluate(parseTemplateText(written), scope, input.places.within(node), allowance)
    chain.pop()
    findings.push(...own)
    return isComplete ? parts : 'failed'
  }

  for (const [name, { from }] of declarations) {
    if (fixed.has(name))
      findings.push(
        errorAt('vars/fixed', `${name} is always there and cannot be declared`, from, 'choose another name'),
      )
    else valueOf(name)
  }
  return {
    ...scope,
    findings,
    known: () => new Map(found),
    isUsed: (name) => values.has(name),
  }
}

interface Assignment {
  readonly value: string | ScalarNode
  readonly origin: Variable['origin']
  readonly from: Span | undefined
}

function assignmentOf(
  name: string,
  layers: ValueLayers,
  declaration: Declaration | undefined,
): Assignment | undefined {
  const flag = layers.flags.get(name)
  if (flag) return { value: flag.value, origin: 'flag', from: flag.from }
  const inherited = Object.hasOwn(layers.environment, name) ? layers.environment[name] : undefined
  if (inherited !== undefined) return { value: inherited, origin: 'environment', from: undefined }
  const dotenv = layers.dotenv.get(name)
  if (dotenv) return { value: dotenv.value, origin: 'dotenv', from: dotenv.from }
  const local = layers.local.get(name)
  if (local) return { value: local, origin: 'local', from: local.span }
  const profile = layers.profile.get(name)
  if (profile) return { value: profile, origin: 'profile', from: profile.span }
  const fallback = declaration?.default
  return fallback && { value: fallback, origin: 'default', from: fallback.span }
}

/** Numbers and booleans are the characters that were written: `1.10` stays `1.10`. */
function writtenText(node: ScalarNode): string {
  return typeof node.value === 'string' ? node.value : node.text
}

/** Values of the environment have no place in a file. */
function nowhere(name: string): Span {
  return { file: `environment variable ${name}`, line: 1, column: 1, length: 1 }
}

function cycle(chain: readonly { readonly name: string; readonly from: Span }[], name: string): Diagnostic {
  const members = chain.slice(chain.findIndex((each) => each.name === name))
  const names = [...members.map((each) => each.name), name]
  const hint =
    members.length === 1
      ? `the environment and .env are looked at before this value anyway: write the default alone`
      : 'give one of them a value of its own'
  const [first, ...others] = members
  const related = others.map((each) => ({ span: each.from, message: `${each.name} is here` }))
  return {
    ...errorAt('vars/cycle', `the value of ${name} needs itself: ${names.join(' → ')}`, first?.from, hint),
    related,
  }
}

function tooDeep(chain: readonly { readonly name: string; readonly from: Span }[]): Diagnostic {
  const message = `values build on values more than ${String(deepestChain)} deep, from ${chain[0]?.name ?? ''} on`
  return errorAt('vars/too-deep', message, chain[0]?.from)
}

function notOneOf(
  name: string,
  value: string,
  declaration: Declaration,
  assigned: Assignment,
): Diagnostic | undefined {
  if (declaration.oneOf.length === 0 || declaration.oneOf.includes(value)) return undefined
  const near = nearest(value, declaration.oneOf)
  // A value from the environment may be a secret by mistake; what a file says can be read there anyway.
  const shown =
    assigned.origin === 'environment' || assigned.origin === 'dotenv'
      ? `its value from ${originInWords[assigned.origin]}`
      : `“${value}”`
  const message = `${name} must be one of ${declaration.oneOf.join(', ')}, not ${shown}`
  const finding = errorAt(
    'vars/not-one-of',
    message,
    assigned.from ?? declaration.from,
    near === undefined ? undefined : didYouMean(near),
  )
  return assigned.from
    ? { ...finding, related: [{ span: declaration.from, message: `${name} is declared here` }] }
    : finding
}

/** Where a value came from, in words. */
export const originInWords = {
  flag: '--var',
  environment: 'the environment',
  dotenv: '.env',
  local: 'the local overlay',
  profile: 'the profile',
  default: 'its default',
} as const satisfies Record<Variable['origin'], string>
