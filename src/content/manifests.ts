import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ManifestFact } from '../drivers/facts.ts'
import { codeOf } from '../memory/atomic-file.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { checked, errorAt, type Checked, type Diagnostic, type Span } from '../stack/diagnostics.ts'
import { didYouMean, nearest } from '../stack/schema/suggest.ts'
import { decodeUtf8 } from '../stack/utf8.ts'
import { findFiles } from './find-files.ts'
import { buildKustomization, kustomizationIn } from './kustomize.ts'
import { readDocuments } from './manifest-documents.ts'
import { objectsOf } from './manifest-object.ts'
import { statedPath } from './stated-path.ts'

/**
 * Reads the raw Kubernetes objects of the stack, in the order of `manifests`, files of one pattern by name. A folder stands for
 * the YAML and JSON files in it (not below it, as `kubectl apply -f`), or for what its kustomization builds. A file that two
 * patterns name is read once. Everything that is wrong in all of them is found at once.
 */
export async function readManifests(
  stack: ResolvedStack,
  build: typeof buildKustomization = buildKustomization,
): Promise<Checked<readonly ManifestFact[]>> {
  const setting = stack.settings.get('manifests')
  if (!setting) return checked([], [])
  const reading: Reading = { from: setting.from, findings: [], known: new Set(), build }
  const facts: ManifestFact[] = []
  for (const pattern of patternsOf(setting.value)) facts.push(...(await readPattern(reading, pattern)))
  return checked(facts, reading.findings)
}

interface Reading {
  /** Where the stack names the manifests. */
  readonly from: Span
  readonly findings: Diagnostic[]
  /** Files and folders that were read. */
  readonly known: Set<string>
  readonly build: typeof buildKustomization
}

function patternsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string')
}

async function readPattern(reading: Reading, written: string): Promise<ManifestFact[]> {
  const path = statedPath(reading.from, written)
  try {
    const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false
    const recipe = isFolder ? kustomizationIn(path) : undefined
    if (recipe !== undefined) return await readKustomization(reading, path, recipe)
    const files = await filesOf(path, isFolder)
    if (files.length === 0) reading.findings.push(await nothingThere(reading, written, path, isFolder))
    const lists = []
    for (const file of files.filter((each) => isNew(reading, each)))
      lists.push(await readManifestFile(reading, file))
    return lists.flat()
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    reading.findings.push(
      errorAt(
        'manifest/unreadable',
        `${written} cannot be read: ${code}`,
        reading.from,
        'make it readable for you',
      ),
    )
    return []
  }
}

function isNew({ known }: Reading, file: string): boolean {
  return !known.has(file) && known.add(file).has(file)
}

async function filesOf(path: string, isFolder: boolean): Promise<string[]> {
  const isPattern = /[*?]/.test(path)
  const found = await findFiles(isFolder ? join(path, '*') : path)
  return found.flatMap(({ file }) => (!(isFolder || isPattern) || /\.(ya?ml|json)$/.test(file) ? [file] : []))
}

async function readManifestFile({ findings }: Reading, file: string): Promise<ManifestFact[]> {
  const decoded = decodeUtf8(await readFile(file))
  if (!decoded.ok) {
    const { line, column, byte, isUtf16 } = decoded
    const what = isUtf16 ? 'the file is UTF-16' : `byte 0x${byte.toString(16).padStart(2, '0')} is not UTF-8`
    findings.push(
      errorAt('manifest/encoding', what, { file, line, column, length: 1 }, 'save the file as UTF-8'),
    )
    return []
  }
  return readText(file, decoded.text, findings)
}

async function readText(file: string, text: string, findings: Diagnostic[]): Promise<ManifestFact[]> {
  const documents = await readDocuments(file, text, findings)
  return documents.flatMap((node) => objectsOf(node, findings))
}

/** The lines of what was built are nowhere to be opened, so everything about it stands at the recipe. */
async function readKustomization(reading: Reading, folder: string, recipe: string): Promise<ManifestFact[]> {
  if (!isNew(reading, folder)) return []
  const from = { file: recipe, line: 1, column: 1, length: 1 }
  const built = await reading.build(folder, from)
  if (!built.ok) {
    reading.findings.push(...built.errors)
    return []
  }
  const findings: Diagnostic[] = []
  const facts = await readText(recipe, built.value, findings)
  for (const each of findings) {
    const line = each.span === undefined ? '' : (built.value.split('\n')[each.span.line - 1] ?? '').trim()
    reading.findings.push({ ...each, message: `${each.message} (\`${line}\` in what it builds)`, span: from })
  }
  return facts.map(({ object }) => ({ object, from }))
}

async function nothingThere(
  { from }: Reading,
  written: string,
  path: string,
  isFolder: boolean,
): Promise<Diagnostic> {
  if (isFolder) {
    const hint = `name what lies deeper with a pattern: ${join(written, '**', '*.yaml')}`
    return errorAt('manifest/no-files', `the folder ${written} holds no manifest`, from, hint)
  }
  const neighbours = await findFiles(join(path, '..', '*')).catch(() => [])
  const near = nearest(
    path,
    neighbours.map(({ file }) => file),
  )
  const hint = near === undefined ? 'paths start at the file that states them' : didYouMean(near)
  return errorAt('manifest/no-files', `there is no manifest ${written}`, from, hint)
}
