import type { Facts } from '../drivers/facts.ts'
import type { KubeResource } from '../drivers/kubernetes/spec.ts'
import { nodeFiles } from '../images/context/file-access.ts'
import { asDiagnostic, levels } from '../lint/finding.ts'
import { lintedImages } from '../lint/images.ts'
import { lint, type LintReport } from '../lint/lint.ts'
import { allRules } from '../lint/rules.ts'
import { placedObjects } from '../lint/schema/check-objects.ts'
import type { PlacedObject } from '../lint/schema/place.ts'
import { formatDiagnosticsFromDisk } from '../report/diagnostics.ts'
import { styleFor, type Style } from '../report/style.ts'
import { openStack } from '../session/open.ts'
import type { Opened } from '../session/opened.ts'
import { locationOf, StackError } from '../stack/diagnostics.ts'
import { version } from '../version.ts'
import { exitCodes, type Command } from './command.ts'

/**
 * What works and is nevertheless not good: in the Dockerfiles, in everything that is rendered for Kubernetes, in the stack.
 * Exit code 2 where something is CRITICAL, with `--strict` also where something is a WARNING.
 */
export const lintCommand: Command = async (given, around) => {
  const opened = await openStack(given, around, { offline: true })
  try {
    const report = await reportOn(opened)
    const { root } = opened.stack
    switch (given.text('output')) {
      case 'json':
        around.stdout.write(`${JSON.stringify(asJson(report))}\n`)
        break
      case 'sarif': {
        const { asSarif } = await import('../lint/sarif.ts')
        around.stdout.write(`${JSON.stringify(asSarif(report, root, version), undefined, 2)}\n`)
        break
      }
      default:
        around.stdout.write(`${asText(report, styleFor(given.text('ansi'), around.stdout, around.env))}\n`)
    }
    const failing = given.isOn('strict') ? ['CRITICAL', 'WARNING'] : ['CRITICAL']
    return report.findings.some(({ rule }) => failing.includes(rule.level)) ? exitCodes.invalid : exitCodes.ok
  } finally {
    await opened.close()
  }
}

async function reportOn(opened: Opened): Promise<LintReport> {
  const { stack } = opened
  const facts = await opened.gather('check')
  const objects = await objectsOf(opened, facts)
  const identities = opened.gathered()?.identities ?? new Map<string, never>()
  const images = await lintedImages(stack, identities, nodeFiles.readText)
  const files = new Set([
    ...stack.files,
    ...objects.map(({ from }) => from.file),
    ...images.map(({ dockerfile }) => dockerfile.file),
  ])
  const sources = new Map<string, string>()
  for (const file of files) {
    const text = await nodeFiles.readText(file)
    if (text !== undefined) sources.set(file, text)
  }
  return lint({ stack, facts, images, objects, sources })
}

/** Raw objects are looked at for every target: they are files of the stack, whoever applies them. */
async function objectsOf({ stack, driver }: Opened, facts: Facts): Promise<PlacedObject[]> {
  if (driver.name === 'kubernetes') return placedObjects(driver.desired(stack, facts) as KubeResource[])
  const { readManifests } = await import('../content/manifests.ts')
  const { manifestResources } = await import('../drivers/kubernetes/manifests/resources.ts')
  const manifests = await readManifests(stack)
  if (!manifests.ok) throw new StackError(manifests.errors)
  const context = {
    namespace: stack.namespace,
    imageFor: (reference: string) => reference,
    pullPolicy: () => 'IfNotPresent' as const,
  }
  return placedObjects(manifestResources(stack, { ...facts, manifests: manifests.value }, context))
}

function asText({ findings, suppressed, grades }: LintReport, style: Style): string {
  const ignored = suppressed.map(
    ({ rule, span, reason }) => `${style.dim('ignored')} ${rule.id} at ${locationOf(span)}: ${reason}`,
  )
  const counts = levels.map(
    (level) => `${findings.filter(({ rule }) => rule.level === level).length} ${level}`,
  )
  const good = [...grades.values()].filter((grade) => grade === 'OK').length
  const summary = `${good} of ${grades.size} OK; ${counts.join(', ')}; ${suppressed.length} ignored (${allRules.length} rules)`
  return [
    ...(findings.length > 0 ? [formatDiagnosticsFromDisk(findings.map(asDiagnostic), style), ''] : []),
    ...(ignored.length > 0 ? [...ignored, ''] : []),
    summary,
  ].join('\n')
}

function asJson({ findings, suppressed, grades }: LintReport): object {
  const plain = ({ rule, subject, message, hint, span }: LintReport['findings'][number]) => ({
    rule: rule.id,
    name: rule.name,
    level: rule.level,
    subject,
    message,
    ...(hint !== undefined && { hint }),
    span,
  })
  return {
    ok: findings.every(({ rule }) => rule.level !== 'CRITICAL'),
    findings: findings.map(plain),
    suppressed: suppressed.map((each) => ({ ...plain(each), reason: each.reason })),
    grades: Object.fromEntries(grades),
  }
}
