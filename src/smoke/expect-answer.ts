import type { HttpStep } from '../resolve/resolved.ts'
import { longestBody, type Answer } from './exchange.ts'
import { atPath, isMap, occursIn, type Found } from './json.ts'
import { expression } from './expression.ts'

/** Everything in which an answer is not what was expected, the status first; empty when it is. */
export async function unmetIn(answer: Answer, expect: HttpStep['expect']): Promise<string[]> {
  const { status, body, isCut } = answer
  const unmet: string[] = []
  if (!expect.status.includes(status))
    unmet.push(`expected status ${expect.status.join(' or ')}, got ${status}`)
  for (const [name, value] of expect.headers) unmet.push(...headerProblem(answer, name, value))
  if (expect.equals !== undefined && (isCut || body.trim() !== expect.equals.trim()))
    unmet.push(`expected the body “${brief(expect.equals)}”`)
  for (const text of expect.contains)
    if (!body.includes(text)) unmet.push(`expected “${brief(text)}” in the body`)
  if (expect.matches !== undefined && !expression(expect.matches).test(body))
    unmet.push(`expected a body that matches ${expect.matches}`)
  return [...unmet, ...(await jsonProblems(answer, expect.json))]
}

/** Parameters such as `; charset=utf-8` need not be named. */
function headerProblem({ headers }: Answer, name: string, expected: string): string[] {
  const actual = headers[name.toLowerCase()]
  const values = (Array.isArray(actual) ? actual : [actual]).filter((value) => value !== undefined)
  if (values.some((value) => value.trim() === expected || value.split(';')[0]?.trim() === expected)) return []
  const got = values.length === 0 ? 'it is missing' : `got “${brief(values.join(', '))}”`
  return [`expected header ${name}: ${expected}, ${got}`]
}

async function jsonProblems(answer: Answer, expected: ReadonlyMap<string, unknown>): Promise<string[]> {
  if (expected.size === 0) return []
  const json = jsonOf(answer)
  if (!json.ok) return [json.problem]
  const unmet: string[] = []
  for (const [key, value] of expected) {
    const found = await memberOf(json.value, key)
    if (!found.ok) unmet.push(`expected ${shown(key, value)}, but ${found.problem}`)
    else if (!occursIn(value, found.value))
      unmet.push(`expected ${shown(key, value)}, got ${brief(JSON.stringify(found.value))}`)
  }
  return unmet
}

export function jsonOf({ body, isCut }: Answer): Found {
  if (isCut) return { ok: false, problem: `the body has more than ${longestBody} bytes` }
  try {
    return { ok: true, value: JSON.parse(body) }
  } catch {
    return {
      ok: false,
      problem: body.trim() === '' ? 'expected JSON, got an empty body' : 'expected JSON, got something else',
    }
  }
}

/** `$…` is a path, anything else a key of the answer. */
async function memberOf(json: unknown, key: string): Promise<Found> {
  if (key.startsWith('$')) return atPath(json, key)
  return isMap(json) && Object.hasOwn(json, key)
    ? { ok: true, value: json[key] }
    : { ok: false, problem: 'it is missing' }
}

function shown(key: string, value: unknown): string {
  return `${key} to be ${brief(JSON.stringify(value))}`
}

/** Long texts are cut: the evidence holds the body. */
export function brief(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 120 ? `${line.slice(0, 119)}…` : line
}
