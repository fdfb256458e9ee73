import type { StatusRow } from '../commands/status.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import type { RememberedSmoke } from '../session/smoke-memory.ts'
import { formatTable } from './table.ts'
import type { Style } from './style.ts'
import { age, duration, visible } from './words.ts'

/** The picture of docs/tui.md as lines: sign, name, what runs, ready/wanted, age, the reason; then networks and volumes, then smoke tests. */
export function statusTable(
  stack: ResolvedStack,
  rows: readonly StatusRow[],
  smoke: readonly RememberedSmoke[],
  style: Style,
  columns?: number,
): string {
  const head = style.bold(`${stack.project}  ${stack.profile.target}`)
  const main = rows.filter(({ resource }) => /^(service|job|gateway)\//.test(resource))
  const rest = rows.filter((row) => !main.includes(row))
  const table = formatTable(
    [...main, ...rest].map((row) => cells(row, style)),
    columns,
  )
  const checks = smoke.map((each) => [
    smokeSign(each, style),
    each.check,
    `${smokeWords(each)}, ${age(Date.now() - each.at)} ago`,
  ])
  return [head, table, ...(checks.length > 0 ? ['', style.bold('smoke'), formatTable(checks, columns)] : [])]
    .filter((part) => part !== '')
    .join('\n')
}

function cells(row: StatusRow, style: Style): string[] {
  const started = row.facts['startedAt']
  return [
    signOf(row, style),
    row.resource.replace(/^service\//, ''),
    visible(String(row.facts['image'] ?? '')),
    row.replicas ? `${row.replicas.ready}/${row.replicas.wanted}` : '',
    typeof started === 'number' ? age(Date.now() - started) : '',
    visible(row.drift === undefined ? row.detail : `${row.detail}; ${row.drift}`),
  ]
}

/** How a row is, at a glance. */
export function signOf(row: StatusRow, style: Style): string {
  if (row.health === 'failed') return style.red('✘')
  if (row.health === 'absent') return style.dim('○')
  if (row.drift !== undefined) return style.magenta('≠')
  if (row.health === 'starting' || row.health === 'degraded') return style.yellow('◐')
  return row.resource.startsWith('job/') ? style.green('✔') : style.green('●')
}

function smokeSign(smoke: RememberedSmoke, style: Style): string {
  return smoke.outcome === 'passed' ? style.green('✔') : style.red('✘')
}

function smokeWords(smoke: RememberedSmoke): string {
  return smoke.outcome === 'passed'
    ? `passed in ${duration(smoke.milliseconds)}`
    : `failed: ${visible(smoke.message ?? '')}`
}
