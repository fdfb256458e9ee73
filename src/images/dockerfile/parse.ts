import type { Checked, Diagnostic } from '../../stack/diagnostics.ts'
import { checked, errorAt, warningAt } from '../../stack/diagnostics.ts'
import { heredocsIn } from './heredoc.ts'
import type { ArgInstruction, Dockerfile, Heredoc, Instruction, Stage } from './instructions.ts'
import type { LineReader, LogicalLine } from './lines.ts'
import { createLineReader, lineSpan, spanWithin } from './lines.ts'
import { takesHeredocs } from './keywords.ts'
import { readInstruction } from './read-instruction.ts'
import { jsonStrings, skipBlanks, splitFlags } from './words.ts'

/**
 * Reads a Dockerfile as BuildKit 0.13 and its `docker/dockerfile:1.7` frontend do, but reports every mistake at once instead of
 * the first. `file` is the path that diagnostics show. Never throws on any text.
 */
export function parseDockerfile(text: string, file: string): Checked<Dockerfile> {
  const findings: Diagnostic[] = []
  const reader = createLineReader(text, file, findings)
  const instructions: Instruction[] = []
  let isEmpty = true
  for (let line = reader.next(); line; line = reader.next()) {
    isEmpty = false
    const instruction = readLine(line, reader, findings)
    if (instruction) instructions.push(instruction)
  }
  if (isEmpty && findings.length === 0) {
    findings.push(errorAt('dockerfile/empty', 'the Dockerfile has no instructions', lineSpan(file, 1, '')))
  }
  const { globalArgs, stages } = splitStages(instructions, findings)
  if (stages.length === 0 && !findings.some((finding) => finding.severity === 'error')) {
    findings.push(errorAt('dockerfile/no-stage', 'the Dockerfile has no FROM', lineSpan(file, 1, '')))
  }
  return checked({ file, directives: reader.directives(), globalArgs, stages }, findings)
}

/** Reads one instruction given by itself: an ONBUILD trigger of a base image. */
export function parseTrigger(text: string, file: string): Checked<Instruction | undefined> {
  const findings: Diagnostic[] = []
  const reader = createLineReader(text, file, findings)
  const line = reader.next()
  return checked(line && readLine(line, reader, findings), findings)
}

function readLine(line: LogicalLine, reader: LineReader, findings: Diagnostic[]): Instruction | undefined {
  const heredocs = readHeredocs(line, reader, findings)
  return readInstruction(line, 0, {
    escape: reader.directives().escape,
    heredocs,
    endLine: reader.position(),
    error: (code, message, token, hint) => {
      const span = spanWithin(line, token?.start ?? 0, token?.end ?? line.text.length)
      findings.push(errorAt(code, message, span, hint))
    },
    warn: (code, message, token, hint) => {
      const span = spanWithin(line, token?.start ?? 0, token?.end ?? line.text.length)
      findings.push(warningAt(code, message, span, hint))
    },
  })
}

/** Bodies must be taken from the reader before the next instruction starts, whatever else is wrong with this one. */
function readHeredocs(line: LogicalLine, reader: LineReader, findings: Diagnostic[]): readonly Heredoc[] {
  if (!line.text.includes('<<') || !mayHaveHeredocs(line.text, 0)) return []
  const heredocs: Heredoc[] = []
  for (const start of heredocsIn(line.text)) {
    const content = reader.heredocBody(start.name, start.stripsTabs)
    if (content === undefined) {
      const message = `the heredoc "${start.name}" never ends`
      const span = spanWithin(line, 0, line.text.length)
      const hint = `put ${start.name} on a line of its own, with nothing before or after it`
      findings.push(errorAt('dockerfile/unterminated-heredoc', message, span, hint))
      break
    }
    heredocs.push({ name: start.name, expands: start.expands, content })
  }
  return heredocs
}

function mayHaveHeredocs(text: string, from: number): boolean {
  const start = skipBlanks(text, from)
  const keyword = /^\S*/.exec(text.slice(start, start + 32))?.[0] ?? ''
  const { rest } = splitFlags(text, start + keyword.length)
  if (keyword.toLowerCase() === 'onbuild') {
    // ONBUILD ONBUILD is refused later; following the chain here could recurse without end.
    return !/^onbuild\b/i.test(text.slice(rest, rest + 8)) && mayHaveHeredocs(text, rest)
  }
  return takesHeredocs(keyword) && !Array.isArray(jsonStrings(text, rest))
}

function splitStages(
  instructions: readonly Instruction[],
  findings: Diagnostic[],
): { globalArgs: ArgInstruction[]; stages: Stage[] } {
  // With an error before it, the FROM itself may be what could not be read.
  const isBroken = findings.some((finding) => finding.severity === 'error')
  const globalArgs: ArgInstruction[] = []
  const stages: (Stage & { instructions: Instruction[] })[] = []
  for (const instruction of instructions) {
    const current = stages.at(-1)
    if (instruction.kind === 'from') {
      const name = instruction.alias
      const earlier = name === undefined ? undefined : stages.find((stage) => stage.name === name)
      if (name !== undefined && earlier) {
        findings.push({
          ...warningAt('dockerfile/duplicate-stage', `the stage "${name}" exists already`, instruction.span),
          related: [{ span: earlier.from.span, message: 'the first one; later references mean the last' }],
        })
      }
      stages.push({
        index: stages.length,
        from: instruction,
        instructions: [],
        ...(name !== undefined && { name }),
      })
    } else if (current) current.instructions.push(instruction)
    else if (instruction.kind === 'arg') globalArgs.push(instruction)
    else if (!isBroken) {
      const keyword = instruction.kind.toUpperCase()
      const message = `${keyword} stands before the first FROM`
      const hint = 'only ARG and comments may stand there'
      findings.push(errorAt('dockerfile/no-stage', message, instruction.span, hint))
    }
  }
  return { globalArgs, stages }
}
