import { readFile } from 'node:fs/promises'
import type { ChartFact } from '../drivers/facts.ts'
import { codeOf } from '../memory/atomic-file.ts'
import { digest } from '../plan/hash.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { checked, errorAt, type Checked, type Diagnostic, type Span } from '../stack/diagnostics.ts'
import { parseSource } from '../stack/source.ts'
import { mergeValues, setValue, type ChartValues } from './chart-values.ts'
import { findFiles } from './find-files.ts'
import { manifestValue } from './manifest-values.ts'
import { statedPath } from './stated-path.ts'

/**
 * Reads the charts of the stack: values of files, in their order, then those that are written, then `set`, as one tree; a chart
 * from a path by the digest of its files. Everything that is wrong is found at once.
 */
export async function readCharts(stack: ResolvedStack): Promise<Checked<ReadonlyMap<string, ChartFact>>> {
  const setting = stack.settings.get('charts')
  const findings: Diagnostic[] = []
  const charts = new Map<string, ChartFact>()
  if (setting?.value instanceof Map) {
    for (const [name, written] of setting.value as ReadonlyMap<string, Written>)
      charts.set(name, await readChart(name, written, setting.from, findings))
  }
  return checked(charts, findings)
}

/** A chart as the schema passes it on; exactly one of `repo`, `path` and `oci` is there. */
interface Written {
  readonly repo?: string
  readonly path?: string
  readonly oci?: string
  readonly chart?: string
  readonly version?: string
  readonly values?: string | readonly string[] | ChartValues
  readonly set?: ReadonlyMap<string, string>
}

async function readChart(
  name: string,
  written: Written,
  from: Span,
  findings: Diagnostic[],
): Promise<ChartFact> {
  const path = written.path === undefined ? undefined : statedPath(from, written.path)
  let values = await readValues(name, written.values, from, findings)
  for (const [key, value] of written.set ?? []) {
    const set = setValue(values, key, value)
    if (set.ok) values = set.value
    else
      findings.push(
        ...set.errors.map((each) => ({ ...each, message: `chart ${name}: ${each.message}`, span: from })),
      )
  }
  return {
    name,
    chart: sourceOf(name, written, path),
    version: written.version,
    values,
    hash: path === undefined ? undefined : await hashOf(name, path, from, findings),
    from,
  }
}

function sourceOf(name: string, { repo, oci, chart }: Written, path: string | undefined): ChartFact['chart'] {
  if (path !== undefined) return { kind: 'path', source: path, chart: name }
  if (oci !== undefined) return { kind: 'oci', source: oci, chart: name }
  return { kind: 'repo', source: repo ?? '', chart: chart ?? name }
}

async function readValues(
  name: string,
  written: Written['values'],
  from: Span,
  findings: Diagnostic[],
): Promise<ChartValues> {
  if (written === undefined) return {}
  if (typeof written === 'object' && !Array.isArray(written)) return written as ChartValues
  let values: ChartValues = {}
  for (const file of typeof written === 'string' ? [written] : (written as readonly string[]))
    values = mergeValues(values, await readValuesFile(name, statedPath(from, file), from, findings))
  return values
}

async function readValuesFile(
  name: string,
  file: string,
  from: Span,
  findings: Diagnostic[],
): Promise<ChartValues> {
  const content = await contentOf(file, `chart ${name}`, from, findings)
  if (!content) return {}
  const read = await parseSource(file, content)
  findings.push(...read.warnings, ...(read.ok ? [] : read.errors))
  if (!read.ok) return {}
  if (read.value.kind === 'map') return manifestValue(read.value) as ChartValues
  if (read.value.kind === 'list' || read.value.value !== null)
    findings.push(errorAt('chart/values', 'values are a map', read.value.span))
  return {}
}

/** One digest of every file of a chart, by its path in it. */
async function hashOf(
  name: string,
  path: string,
  from: Span,
  findings: Diagnostic[],
): Promise<string | undefined> {
  const files = await findFiles(path)
  if (files.length === 0) {
    findings.push(
      errorAt(
        'chart/no-files',
        `chart ${name}: there is nothing at ${path}`,
        from,
        'name the folder with Chart.yaml',
      ),
    )
    return undefined
  }
  const contents = await Promise.all(
    files.map(
      async (found) => [found.path, await contentOf(found.file, `chart ${name}`, from, findings)] as const,
    ),
  )
  const isArchive = files.length === 1 && /\.tgz$/.test(path)
  if (!isArchive && !files.some((found) => found.path === 'Chart.yaml'))
    findings.push(
      errorAt(
        'chart/no-files',
        `chart ${name}: ${path} has no Chart.yaml`,
        from,
        'name the folder with Chart.yaml',
      ),
    )
  return digest(contents)
}

async function contentOf(
  file: string,
  what: string,
  from: Span,
  findings: Diagnostic[],
): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file)
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    const why = code === 'ENOENT' ? 'is not there' : `cannot be read: ${code}`
    findings.push(errorAt('chart/unreadable', `${what}: ${file} ${why}`, from))
    return undefined
  }
}
