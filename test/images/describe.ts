import type { Checked, Diagnostic } from '../../src/stack/diagnostics.ts'
import { locationOf } from '../../src/stack/diagnostics.ts'
import type { Dockerfile, Instruction } from '../../src/images/dockerfile/instructions.ts'
import { parseDockerfile } from '../../src/images/dockerfile/parse.ts'

/** The value, or a failure that shows the findings. */
export function valueOf<T>(result: Checked<T>): T {
  if (result.ok) return result.value
  throw new Error(result.errors.map(describeFinding).join('\n'))
}

export function parsed(text: string): Dockerfile {
  return valueOf(parseDockerfile(text, 'Dockerfile'))
}

/** Every finding on a line: place, severity, code, message, hint. */
export function findingsOf(result: Checked<unknown>): string {
  const errors = result.ok ? [] : result.errors
  return [...errors, ...result.warnings].map(describeFinding).join('\n')
}

function describeFinding(finding: Diagnostic): string {
  const place = finding.span ? `${locationOf(finding.span)}+${String(finding.span.length)} ` : ''
  const hint = finding.hint === undefined ? '' : ` (${finding.hint})`
  return `${place}${finding.severity} ${finding.code}: ${finding.message}${hint}`
}

/** A Dockerfile as it was understood, one instruction a line. */
export function describeDockerfile(dockerfile: Dockerfile): string {
  const stages = dockerfile.stages.flatMap((stage) => [
    describeInstruction(stage.from),
    ...stage.instructions.map((instruction) => `  ${describeInstruction(instruction)}`),
  ])
  return [...dockerfile.globalArgs.map(describeInstruction), ...stages].join('\n')
}

function describeInstruction(instruction: Instruction): string {
  const { span, endLine, ...fields } = instruction
  const lines = span.line === endLine ? String(span.line) : `${String(span.line)}-${String(endLine)}`
  const shown = JSON.stringify({ ...fields, text: undefined }, (_key, value: unknown) => {
    if (value instanceof Map) return Object.fromEntries(value) as unknown
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    if ('text' in value && 'span' in value) return value.text
    return Object.fromEntries(Object.entries(value).filter(([key, each]) => key !== 'span' && each !== false))
  })
  return `${lines} ${shown.slice(1, -1)}`
}
