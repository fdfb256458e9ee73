import { errorAt, type Diagnostic } from '../stack/diagnostics.ts'
import type { SourceNode } from '../stack/node.ts'
import { parseSource } from '../stack/source.ts'

/**
 * The documents of a YAML or JSON text, each with its places in the whole; empty ones and broken ones are left out. Everything
 * that is wrong in any of them goes to `findings`.
 */
export async function readDocuments(
  file: string,
  text: string,
  findings: Diagnostic[],
): Promise<readonly SourceNode[]> {
  const nodes: SourceNode[] = []
  for (const document of documentsOf(text)) {
    const node = await readDocument(file, document, findings)
    if (node && !isEmpty(node)) nodes.push(node)
  }
  return nodes
}

function isEmpty(node: SourceNode): boolean {
  return node.kind === 'scalar' && node.value === null
}

interface Document {
  readonly text: string
  /** Lines of the file before it. */
  readonly above: number
}

/** YAML forbids `---` and `...` at the start of a line inside a document (rule c-forbidden), so lines tell them apart. */
function documentsOf(text: string): Document[] {
  const documents: Document[] = []
  let lines: string[] = []
  let above = 0
  const finish = (next: number): void => {
    if (!lines.every((line) => /^\s*(#.*|%.*)?$/.test(line)))
      documents.push({ text: lines.join('\n'), above })
    lines = []
    above = next
  }
  text.split('\n').forEach((line, index) => {
    if (/^---(\s|$)/.test(line)) {
      finish(index)
      // What follows the marker on its line belongs to the document.
      lines.push(/^---\s*(#.*)?$/.test(line) ? '' : `   ${line.slice(3)}`)
    } else if (/^\.\.\.(\s|$)/.test(line)) finish(index + 1)
    else lines.push(line)
  })
  finish(0)
  return documents
}

/** `{{NAME}}` of a template that nobody filled in. */
const placeholder = /\{\{[^{}\n]*\}\}/g
/** Rounds of finding more placeholders behind those that were found. */
const mostRounds = 20

/**
 * An unquoted `{{NAME}}` makes the parser speak of flow maps; the placeholder is what is wrong (G12). It is told, blanked out,
 * and the text read again for whatever else there is. Block texts with placeholders of their own are left alone.
 */
async function readDocument(
  file: string,
  { text, above }: Document,
  findings: Diagnostic[],
): Promise<SourceNode | undefined> {
  const lines = text.split('\n')
  for (let round = 0; ; round++) {
    const read = await parseSource(file, '\n'.repeat(above) + lines.join('\n'))
    const unfilled = read.ok || round === mostRounds ? [] : placeholdersIn(lines, above, read.errors, file)
    findings.push(...unfilled)
    if (unfilled.length > 0) continue
    findings.push(...read.warnings, ...(read.ok ? [] : read.errors))
    return read.ok ? read.value : undefined
  }
}

/** Those on lines with an error, blanked out in `lines`. */
function placeholdersIn(
  lines: string[],
  above: number,
  errors: readonly Diagnostic[],
  file: string,
): Diagnostic[] {
  const numbers = [...new Set(errors.flatMap(({ span }) => (span ? [span.line] : [])))]
  return numbers.flatMap((number) => {
    const index = number - 1 - above
    const line = lines[index] ?? ''
    const found = [...line.matchAll(placeholder)].map((match) =>
      unfilledPlaceholder(match[0], {
        file,
        line: number,
        column: match.index + 1,
        length: match[0].length,
      }),
    )
    lines[index] = line.replace(placeholder, (each) => 'x'.repeat(each.length))
    return found
  })
}

/** A placeholder of another tool where Kubernetes would take it for a value. */
export function unfilledPlaceholder(written: string, span: NonNullable<Diagnostic['span']>): Diagnostic {
  return errorAt(
    'manifest/placeholder',
    `nobody fills in ${written}`,
    span,
    'write the value; images are replaced by name, so `image: NAME` of an image of the stack is enough',
  )
}
