import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, loadavg, platform, release } from 'node:os'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { formatTable } from '../../src/report/table.ts'
import type { Measured, Sample } from './measure.ts'

/** The table that a person reads; targets stand beside what was measured. */
export function benchTable(results: readonly Measured[]): string {
  const head = [
    'row',
    'action',
    'ours',
    'peer',
    'floor',
    '/peer',
    'target',
    '/floor',
    'target',
    'met',
    'also',
  ]
  const rows = results.map(({ row, action, samples, ratios, targets, isMet, also }) => [
    row,
    action,
    milliseconds(samples.ours),
    milliseconds(samples.peer),
    milliseconds(samples.floor),
    ratio(ratios.peer),
    ratio(targets.peer),
    ratio(ratios.floor),
    ratio(targets.floor) + (targets.floorPlusStart === true ? ' + start' : ''),
    isMet === undefined ? '–' : isMet ? 'yes' : 'NO',
    also ?? '',
  ])
  const failures = [...new Set(results.flatMap((result) => result.failures))]
  return [formatTable([head, ...rows]), ...failures].join('\n\n')
}

function milliseconds(sample: Sample | undefined): string {
  if (!sample) return '–'
  return `${sample.median < 100 ? sample.median.toFixed(1) : sample.median.toFixed(0)} ms`
}

const ratio = (value: number | undefined): string => value?.toFixed(2) ?? '–'

/** Everything that was measured, with the machine it was measured on: figures of two machines cannot be compared. */
export async function writeResults(
  file: string,
  results: readonly Measured[],
  rounds: number,
): Promise<void> {
  const machine = {
    platform: `${platform()} ${release()}`,
    processors: cpus().length,
    load: loadavg()[0],
    node: process.version,
    docker: await versionOf('docker', ['version', '--format', '{{.Server.Version}}']),
    compose: await versionOf('docker', ['compose', 'version', '--short']),
  }
  await mkdir(dirname(file), { recursive: true })
  const at = new Date().toISOString()
  await writeFile(file, `${JSON.stringify({ at, machine, rounds, results }, undefined, 2)}\n`)
}

async function versionOf(command: string, words: readonly string[]): Promise<string | undefined> {
  try {
    return (await promisify(execFile)(command, words)).stdout.trim()
  } catch {
    // The tool is not there; the rows that need it say so themselves.
    return undefined
  }
}
