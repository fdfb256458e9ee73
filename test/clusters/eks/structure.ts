import type { CloudStack } from '../../../src/clusters/eks/stacks.ts'

type Visit = (key: string, value: unknown) => void

/** Calls `visit` for every member of every map in a value. */
function walk(value: unknown, visit: Visit): void {
  if (Array.isArray(value)) {
    for (const each of value as unknown[]) walk(each, visit)
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value)) {
      visit(key, each)
      walk(each, visit)
    }
  }
}

/** Names that a piece of a template refers to. */
export function referencesOf(value: unknown): string[] {
  const names: string[] = []
  walk(value, (key, each) => {
    if (key === 'Ref' && typeof each === 'string') names.push(each)
    if (key === 'Fn::GetAtt' && Array.isArray(each)) names.push(String(each[0]))
    if (key === 'Fn::Sub' && typeof each === 'string')
      names.push(...[...each.matchAll(/\$\{([^!}]+)\}/g)].map((match) => match[1] ?? ''))
  })
  return names.filter((name) => !name.startsWith('AWS::'))
}

export function importsOf({ template }: CloudStack): string[] {
  const names: string[] = []
  walk(template, (key, each) => {
    if (key === 'Fn::ImportValue') names.push(String(each))
  })
  return names
}

export function exportsOf({ template }: CloudStack): string[] {
  return Object.values(template.Outputs).flatMap((output) => output.Export?.Name ?? [])
}

/** What CloudFormation would say of the structure of a template before it makes anything. */
export function structureProblems({ name, template }: CloudStack): string[] {
  const { Resources, Parameters = {}, Conditions = {}, Outputs } = template
  const known = new Set([...Object.keys(Resources), ...Object.keys(Parameters)])
  const problems: string[] = []
  const needs = new Map<string, string[]>()
  for (const [id, resource] of Object.entries(Resources)) {
    if (!/^[A-Za-z0-9]{1,255}$/.test(id)) problems.push(`${name}: ${id} is no logical id`)
    const found = [...referencesOf(resource.Properties), ...(resource.DependsOn ?? [])]
    needs.set(
      id,
      found.filter((each) => each in Resources),
    )
    problems.push(
      ...found.filter((each) => !known.has(each)).map((each) => `${name}: ${id} refers to ${each}`),
    )
    if (resource.Condition !== undefined && !(resource.Condition in Conditions))
      problems.push(`${name}: ${id} has the unknown condition ${resource.Condition}`)
  }
  for (const each of [...referencesOf(Outputs), ...referencesOf(Conditions)])
    if (!known.has(each)) problems.push(`${name}: outputs or conditions refer to ${each}`)
  for (const each of exportsOf({ template } as CloudStack))
    if (!/^[A-Za-z0-9:-]{1,255}$/.test(each)) problems.push(`${name}: ${each} cannot be exported`)
  return [...problems, ...cyclesIn(needs).map((cycle) => `${name}: ${cycle}`)]
}

/** `a → b → a` for whatever needs itself in the end. */
export function cyclesIn(needs: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (id: string, path: readonly string[]): void => {
    if (path.includes(id)) {
      cycles.push([...path.slice(path.indexOf(id)), id].join(' → '))
      return
    }
    if (done.has(id)) return
    for (const next of needs.get(id) ?? []) visit(next, [...path, id])
    done.add(id)
  }
  for (const id of needs.keys()) visit(id, [])
  return cycles
}
