import { readFlags } from './flags.ts'
import type { Heredoc, Instruction, Word } from './instructions.ts'
import { keywords } from './keywords.ts'
import type { LogicalLine } from './lines.ts'
import { spanWithin } from './lines.ts'
import { nearest } from './nearest.ts'
import { readCopy } from './read-copy.ts'
import { readHealthcheck, readRun, readShell, readCommand } from './read-commands.ts'
import { readArg, readExpose, readFrom, readPairs, readValue, readVolume } from './read-values.ts'
import type { Statement, StatementContext } from './statement.ts'
import { skipBlanks, splitFlags } from './words.ts'

/** Reads the instruction that starts at `from` of a line; undefined (and reported) where nothing can be made of it. */
export function readInstruction(
  line: LogicalLine,
  from: number,
  context: StatementContext,
): Instruction | undefined {
  const statement = splitStatement(line, from, context)
  switch (statement.keyword) {
    case 'from':
      return readFrom(statement)
    case 'arg':
      return readArg(statement)
    case 'env':
    case 'label':
      return readPairs(statement, statement.keyword)
    case 'run':
      return readRun(statement)
    case 'copy':
    case 'add':
      return readCopy(statement, statement.keyword)
    case 'cmd':
    case 'entrypoint':
      return readCommand(statement, statement.keyword)
    case 'shell':
      return readShell(statement)
    case 'healthcheck':
      return readHealthcheck(statement)
    case 'expose':
      return readExpose(statement)
    case 'volume':
      return readVolume(statement)
    case 'user':
    case 'workdir':
    case 'stopsignal':
    case 'maintainer':
      return readValue(statement, statement.keyword)
    case 'onbuild':
      return readOnbuild(line, statement, context)
    default:
      reportUnknown(statement)
      return undefined
  }
}

function splitStatement(line: LogicalLine, from: number, context: StatementContext): Statement {
  const text = line.text
  const start = skipBlanks(text, from)
  let end = start
  while (end < text.length && !/\s/.test(text[end] ?? '')) end += 1
  const keyword = text.slice(start, end).toLowerCase()
  const { flags, rest } = splitFlags(text, end)
  const known = keywords.some((each) => each === keyword)
  return {
    ...context,
    keyword,
    text,
    rest,
    flags: readFlags(keyword, known ? flags : [], context.error),
    spanOf: (token) => spanWithin(line, token.start, token.end),
    wordOf: (token): Word => ({ text: token.text, span: spanWithin(line, token.start, token.end) }),
    common: {
      span: spanWithin(line, start, text.length),
      endLine: context.endLine,
      text: text.slice(start).trimEnd() + bodies(context.heredocs),
    },
  }
}

function bodies(heredocs: readonly Heredoc[]): string {
  return heredocs.map((heredoc) => `\n${heredoc.content}${heredoc.name}`).join('')
}

function readOnbuild(
  line: LogicalLine,
  statement: Statement,
  context: StatementContext,
): Instruction | undefined {
  const token = { text: '', start: statement.rest, end: line.text.length }
  const keyword = /^\S*/.exec(line.text.slice(statement.rest, statement.rest + 32))?.[0].toLowerCase() ?? ''
  if (keyword === '') {
    statement.error('dockerfile/arguments', 'ONBUILD needs an instruction', undefined, 'ONBUILD RUN …')
    return undefined
  }
  if (['onbuild', 'from', 'maintainer'].includes(keyword)) {
    statement.error('dockerfile/onbuild', `ONBUILD cannot hold ${keyword.toUpperCase()}`, token)
    return undefined
  }
  const trigger = readInstruction(line, statement.rest, context)
  return trigger && { kind: 'onbuild', trigger, ...statement.common }
}

function reportUnknown(statement: Statement): void {
  const { keyword, text } = statement
  const start = skipBlanks(text, 0)
  const near = nearest(keyword, keywords)
  const token = { text: keyword, start, end: start + keyword.length }
  const shown = keyword.length > 40 ? `${keyword.slice(0, 40)}…` : keyword
  const hint =
    near === undefined
      ? 'a line that goes on from the one before needs an escape character (\\) at the end of that one'
      : `did you mean ${near.toUpperCase()}?`
  statement.error(
    'dockerfile/unknown-instruction',
    `there is no instruction ${shown.toUpperCase()}`,
    token,
    hint,
  )
}
