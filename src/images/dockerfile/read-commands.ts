import { parseDuration } from './duration.ts'
import type {
  CommandInstruction,
  CommandLine,
  HealthcheckInstruction,
  HealthcheckOptions,
  RunInstruction,
  ShellInstruction,
} from './instructions.ts'
import { readMount } from './mount.ts'
import { reportNeed } from './read-values.ts'
import type { Statement } from './statement.ts'
import { restOf } from './statement.ts'
import { jsonStrings, skipBlanks } from './words.ts'

export function readRun(statement: Statement): RunInstruction | undefined {
  const command = commandAt(statement, statement.rest)
  if (!command) return undefined
  const { flags } = statement
  const [network, security] = [flags.all('network')[0], flags.all('security')[0]]
  if (network && !['default', 'none', 'host'].includes(network.text)) {
    const message = `--network is default, none or host, not "${network.text}"`
    statement.error('dockerfile/flag-value', message, network)
  }
  if (security && !['sandbox', 'insecure'].includes(security.text)) {
    const message = `--security is sandbox or insecure, not "${security.text}"`
    statement.error('dockerfile/flag-value', message, security)
  }
  return {
    kind: 'run',
    command,
    mounts: flags.all('mount').map((token) => readMount(token, statement.spanOf(token), statement.error)),
    heredocs: statement.heredocs,
    ...(network && { network: network.text }),
    ...(security && { security: security.text }),
    ...statement.common,
  }
}

export function readCommand(
  statement: Statement,
  kind: CommandInstruction['kind'],
): CommandInstruction | undefined {
  const command = commandAt(statement, statement.rest)
  return command && { kind, command, ...statement.common }
}

export function readShell(statement: Statement): ShellInstruction | undefined {
  const rest = restOf(statement)
  if (rest.text === '') {
    reportNeed(statement, 'a JSON array', 'SHELL ["/bin/bash", "-c"]')
    return undefined
  }
  const shell = jsonStrings(statement.text, statement.rest)
  if (shell === undefined || shell === 'not-strings' || shell.length === 0) {
    const hint = 'SHELL ["/bin/bash", "-c"]'
    statement.error('dockerfile/shell-json', 'SHELL takes a JSON array of strings', rest, hint)
    return undefined
  }
  return { kind: 'shell', shell, ...statement.common }
}

export function readHealthcheck(statement: Statement): HealthcheckInstruction | undefined {
  const rest = restOf(statement)
  if (rest.text === '') {
    reportNeed(statement, 'NONE or CMD', 'HEALTHCHECK CMD curl -f http://localhost/')
    return undefined
  }
  const type = /^\S+/.exec(rest.text)?.[0] ?? ''
  const after = skipBlanks(statement.text, statement.rest + type.length)
  const hasMore = after < rest.end
  if (type.toUpperCase() === 'NONE') {
    if (hasMore) statement.error('dockerfile/healthcheck', 'HEALTHCHECK NONE takes nothing more', rest)
    return { kind: 'healthcheck', ...statement.common }
  }
  if (type.toUpperCase() !== 'CMD') {
    const message = `HEALTHCHECK is NONE or CMD, not "${type.slice(0, 40)}"`
    statement.error('dockerfile/healthcheck', message, rest, 'HEALTHCHECK CMD command')
    return undefined
  }
  const command = hasMore ? commandAt(statement, after) : undefined
  if (!command || command.words.length === 0) {
    if (!hasMore || command) {
      statement.error('dockerfile/healthcheck', 'HEALTHCHECK CMD needs a command', rest)
    }
    return undefined
  }
  return { kind: 'healthcheck', check: { command, ...readOptions(statement) }, ...statement.common }
}

function readOptions(statement: Statement): HealthcheckOptions {
  const duration = (flag: string): number | undefined => {
    const token = statement.flags.all(flag)[0]
    if (!token || token.text === '') return undefined
    const value = parseDuration(token.text)
    if (value === undefined || (value > 0 && value < 1)) {
      const message = `--${flag} is a duration of at least 1ms, not "${token.text}"`
      statement.error('dockerfile/healthcheck', message, token, 'such as 30s or 1m30s')
    }
    return value === 0 ? undefined : value
  }
  const retries = statement.flags.all('retries')[0]
  if (retries && !/^\+?\d{0,9}$/.test(retries.text)) {
    statement.error('dockerfile/healthcheck', `--retries is a count, not "${retries.text}"`, retries)
  }
  const count = Number(retries?.text ?? 0)
  const [interval, timeout] = [duration('interval'), duration('timeout')]
  const [startPeriod, startInterval] = [duration('start-period'), duration('start-interval')]
  return {
    ...(interval !== undefined && { interval }),
    ...(timeout !== undefined && { timeout }),
    ...(startPeriod !== undefined && { startPeriod }),
    ...(startInterval !== undefined && { startInterval }),
    ...(count > 0 && { retries: count }),
  }
}

function commandAt(statement: Statement, from: number): CommandLine | undefined {
  const text = statement.text.slice(from).trimEnd()
  const token = { text, start: from, end: from + text.length }
  const strings = jsonStrings(statement.text, from)
  if (strings === 'not-strings') {
    const message = `the array of ${statement.keyword.toUpperCase()} holds strings only`
    statement.error('dockerfile/json-strings', message, token)
    return undefined
  }
  if (strings) return { form: 'exec', words: strings }
  if (/^\[\s*["'“”].*\]$/.test(text)) {
    const hint = 'JSON needs straight double quotes and no comma at the end'
    statement.warn('dockerfile/not-json', 'this looks like an exec form but runs in a shell', token, hint)
  }
  return { form: 'shell', words: text === '' ? [] : [text] }
}
