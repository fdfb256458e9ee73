import { relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Span } from '../stack/diagnostics.ts'
import type { Finding, Level } from './finding.ts'
import type { LintReport } from './lint.ts'
import { allRules } from './rules.ts'

/** The report in SARIF 2.1.0 (OASIS), as code hosts read it; paths are relative to the folder of the stack. */
export function asSarif(report: LintReport, root: string, version: string): object {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'iamstack',
            version,
            rules: allRules.map(({ id, name, level, summary }) => ({
              id,
              name,
              shortDescription: { text: summary },
              defaultConfiguration: { level: levelOf(level) },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { STACK: { uri: `${pathToFileURL(root).href.replace(/\/$/, '')}/` } },
        results: [
          ...report.findings.map((finding) => resultOf(finding, root)),
          ...report.suppressed.map((finding) => ({
            ...resultOf(finding, root),
            suppressions: [{ kind: 'inSource', justification: finding.reason }],
          })),
        ],
      },
    ],
  }
}

function resultOf({ rule, subject, message, hint, span }: Finding, root: string): object {
  return {
    ruleId: rule.id,
    ruleIndex: allRules.indexOf(rule),
    level: levelOf(rule.level),
    message: { text: `${subject}: ${message}${hint === undefined ? '' : `. Hint: ${hint}`}` },
    locations: [{ physicalLocation: { artifactLocation: artifactOf(span, root), region: regionOf(span) } }],
  }
}

function artifactOf({ file }: Span, root: string): object {
  const way = relative(root, file)
  if (way === '' || way.startsWith('..')) return { uri: pathToFileURL(file).href }
  return { uri: way.split(sep).map(encodeURIComponent).join('/'), uriBaseId: 'STACK' }
}

function regionOf({ line, column, length }: Span): object {
  return { startLine: line, startColumn: column, endColumn: column + length }
}

function levelOf(level: Level): 'error' | 'warning' | 'note' {
  switch (level) {
    case 'CRITICAL':
      return 'error'
    case 'WARNING':
      return 'warning'
    case 'INFO':
      return 'note'
    default:
      return level satisfies never
  }
}
