import { hostname } from 'node:os'
import type { Facts } from '../drivers/facts.ts'
import { userName } from '../memory/user-name.ts'
import type { Plan } from '../plan/step.ts'
import type { Opened } from '../session/opened.ts'
import type { ResolvedStack, Variable } from '../resolve/resolved.ts'
import { commitOf } from './commit.ts'
import { pathBelow, type KeepingFiles } from './kept-files.ts'
import { addRevision } from './revisions.ts'
import type { Change, KeptFacts } from './revision.ts'

export interface Recording {
  readonly opened: Pick<Opened, 'stack' | 'memory' | 'redact'> & { readonly files: KeepingFiles }
  /** As the plan was made from. */
  readonly facts: Facts
  /** As it was carried out. */
  readonly plan: Plan
  /** The command with its operands; flags may hold what nobody should keep. */
  readonly command: string
  /** `--set`, as given. */
  readonly set: readonly string[]
}

/** Keeps what was just brought up; undefined, and nothing is kept, when nothing was changed. */
export async function recordRevision(recording: Recording): Promise<number | undefined> {
  const { opened, facts, plan, command, set } = recording
  const { stack, memory, files } = opened
  const changes = changesOf(plan)
  if (changes.length === 0) return undefined
  const outside = outsideValues(stack)
  const isSecret = (value: string): boolean => opened.redact(value) !== value
  const sources = sourcesOfSecrets(stack)
  const open = [...outside].filter(([name, value]) => !sources.has(name) && !isSecret(value))
  return addRevision(memory, {
    form: 1,
    at: Date.now(),
    by: `${userName()}@${hostname()}`,
    command,
    result: 'ok',
    project: stack.project,
    target: stack.profile.target,
    profiles: stack.profile.names,
    entry: pathBelow(stack.root, stack.file),
    inputs: files.kept(stack.root),
    set: set.filter((each) => !isSecret(each)),
    secretSets: set.filter(isSecret).map((each) => each.slice(0, each.indexOf('='))),
    variables: Object.fromEntries(open),
    secretVariables: [...outside.keys()].filter((name) => !open.some(([each]) => each === name)),
    facts: factsToKeep(facts),
    changes,
    commit: await commitOf(stack.root),
  })
}

/** Variables of the environment that secrets are taken from: used as variables as well, they are secrets nevertheless. */
function sourcesOfSecrets({ secrets }: ResolvedStack): Set<string> {
  return new Set(
    [...secrets.values()].flatMap(({ keys }) =>
      [...keys.values()].flatMap(({ source }) => (source.kind === 'env' ? [source.variable] : [])),
    ),
  )
}

function changesOf(plan: Plan): Change[] {
  return plan.steps.flatMap(({ op, resource, cause }) =>
    op === 'wait' || op === 'build' || op === 'deliver' ? [] : [{ resource, op, cause }],
  )
}

/** Whose home it is depends on who brings it back. */
const personal: ReadonlySet<string> = new Set(['HOME', 'USERPROFILE'])

/** Variables whose values do not stand in any file, those that only templates use included. */
function outsideValues(stack: ResolvedStack): Map<string, string> {
  const values = new Map<string, string>()
  for (const name of stack.scope.names()) {
    const known = stack.vars.get(name)
    if (personal.has(name) || fixedNames.has(name) || (known && isInFiles(known.origin))) continue
    const parts = stack.scope.value(name)
    if (typeof parts === 'object' && parts.every((part) => typeof part === 'string'))
      values.set(name, parts.join(''))
  }
  return values
}

/** Made from what is given anyway. */
const fixedNames: ReadonlySet<string> = new Set(['project', 'instance', 'target'])

function isInFiles(origin: Variable['origin']): boolean {
  switch (origin) {
    case 'local':
    case 'profile':
    case 'default':
      return true
    case 'flag':
    case 'environment':
    case 'dotenv':
      return false
    default:
      return origin satisfies never
  }
}

function factsToKeep({ images, manifests, charts }: Facts): KeptFacts {
  return {
    images: Object.fromEntries(images),
    // The nodes of their files serve messages about today's files.
    manifests: manifests.map(({ object, from }) => ({ object, from })),
    charts: Object.fromEntries(charts),
  }
}
