import { runChecks } from '../doctor/checks.ts'
import type { Finding, Level } from '../doctor/finding.ts'
import { lookAround } from '../doctor/subject.ts'
import { styleFor, type Style } from '../report/style.ts'
import { visible } from '../report/words.ts'
import { exitCodes, type Command } from './command.ts'

/** Whether this machine has what the profile needs, each finding with its cure. Changes nothing. Exit code 7 when something is missing. */
export const doctor: Command = async (given, around) => {
  const subject = await lookAround(given, around)
  try {
    const findings = await runChecks(subject)
    const isOk = findings.every(({ level }) => level !== 'problem')
    if (given.text('output') === 'json') {
      around.stdout.write(`${JSON.stringify({ ok: isOk, target: subject.target.name, checks: findings })}\n`)
    } else {
      const style = styleFor(given.text('ansi'), around.stdout, around.env)
      around.stdout.write(`${format(findings, style)}\n`)
    }
    return isOk ? exitCodes.ok : exitCodes.precondition
  } finally {
    if (subject.engine?.kind === 'answers') subject.engine.engine.close()
  }
}

function format(findings: readonly Finding[], style: Style): string {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const lines = findings.flatMap(({ check, level, message, cure }) => [
    `${sign(level, style)} ${check.padEnd(width)}  ${visible(message)}`,
    ...(cure === undefined ? [] : [`${' '.repeat(width + 4)}${style.dim('→')} ${visible(cure)}`]),
  ])
  return [...lines, '', summary(findings)].join('\n')
}

function sign(level: Level, style: Style): string {
  switch (level) {
    case 'ok':
      return style.green('✔')
    case 'warning':
      return style.yellow('!')
    case 'problem':
      return style.red('✘')
    default:
      return level satisfies never
  }
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Level, one: string): string[] => {
    const number = findings.filter((each) => each.level === level).length
    return number === 0 ? [] : [`${String(number)} ${one}${number === 1 ? '' : 's'}`]
  }
  const told = [...count('problem', 'problem'), ...count('warning', 'warning')]
  return told.length === 0 ? 'everything is there' : told.join(', ')
}
