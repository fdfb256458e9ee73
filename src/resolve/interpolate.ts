import { checked, errorAt, type Checked, type Diagnostic } from '../stack/diagnostics.ts'
import type { ScalarNode, SourceNode } from '../stack/node.ts'
import { positionsOf } from '../stack/positions.ts'
import type { ScalarSchema, Schema } from '../stack/schema/types.ts'
import { mapScalars } from '../stack/schema/walk.ts'
import { evaluate, fullAllowance, type Allowance, type Scope } from './evaluate.ts'
import { inOrder } from './findings.ts'
import type { Places } from './places.ts'
import { parseTemplateText } from './template.ts'
import {
  plainText,
  referenceAsWritten,
  referencesOf,
  textAsWritten,
  type Reference,
  type Text,
} from './text.ts'

/**
 * Reads a template file: variables are substituted, references stay. Errors at their lines, all at once; linear in the length of
 * the text, and bounded in what it can grow to.
 */
export function parseTemplate(text: string, file: string, scope: Scope): Checked<Text> {
  const positions = positionsOf(file, text)
  const { parts, findings } = evaluate(parseTemplateText(text), scope, positions.span, fullAllowance())
  return checked({ parts, from: positions.span(0, 0) }, inOrder(findings))
}

/** The result of interpolating a tree: plain scalars in place, texts behind tokens that `textOf` turns back. */
export interface Interpolated {
  readonly node: SourceNode
  readonly findings: readonly Diagnostic[]
  /** The text of a scalar of type `text`, as `decode` returns it. */
  readonly textOf: (decoded: string) => Text
  /** The same for a string of any origin; undefined where it is no more than a string. */
  readonly textIn: (value: string) => Text | undefined
}

/**
 * Substitutes variables in every string of a tree, never in keys. Scalars that the schema knows as `text` keep their references
 * with their places: the scalar becomes a token, so that decoding carries it through. Anywhere else a value is needed before
 * anything runs, and a reference is an error; what the schema passes on as it is keeps its references in the same way.
 */
export function interpolate(
  schema: Schema,
  root: SourceNode,
  scope: Scope,
  places: Places,
  allowance: Allowance,
): Interpolated {
  const findings: Diagnostic[] = []
  const texts: Text[] = []

  function rewrite(node: ScalarNode, scalar: ScalarSchema | undefined): ScalarNode {
    if (scalar?.type.isText === true) return node.value === null ? node : token(textFrom(node).text)
    if (typeof node.value !== 'string' || !node.value.includes('${')) return node
    const { text, isComplete } = textFrom(node)
    // What is missing is reported; the value as written tells checks that it is not known.
    if (!isComplete) return node
    const [reference] = referencesOf(text)
    if (reference && !scalar) return token(text)
    if (reference) findings.push(neededBefore(reference))
    const value = textAsWritten(text)
    return { ...node, value, text: value, isQuoted: false }
  }

  function textFrom(node: ScalarNode): { readonly text: Text; readonly isComplete: boolean } {
    const written = typeof node.value === 'string' ? node.value : node.text
    if (!written.includes('${')) return { text: plainText(written, node.span), isComplete: true }
    const {
      parts,
      findings: own,
      isComplete,
    } = evaluate(parseTemplateText(written), scope, places.within(node), allowance)
    findings.push(...own)
    return { text: { parts, from: node.span }, isComplete }
  }

  function token(text: Text): ScalarNode {
    texts.push(text)
    const value = `${tokenMark}${String(texts.length - 1)}`
    return { kind: 'scalar', value, text: value, isQuoted: true, span: text.from }
  }

  function textIn(value: string): Text | undefined {
    return value.startsWith(tokenMark) ? texts[Number(value.slice(tokenMark.length))] : undefined
  }

  function textOf(decoded: string): Text {
    const text = textIn(decoded)
    if (!text) throw new Error('a text was decoded that was never interpolated')
    return text
  }

  return { node: mapScalars(schema, root, rewrite), findings, textOf, textIn }
}

/** No file can hold U+0000, so no value looks like a token; `${` tells checks that the value is not known yet. */
const tokenMark = '${\u0000'

function neededBefore(reference: Reference): Diagnostic {
  const message = `\${${referenceAsWritten(reference)}} cannot be used here: its value exists only when things run, and this is needed before`
  return errorAt(
    'template/reference',
    message,
    reference.from,
    'use a variable, or put the reference into `env`, `command` or a template',
  )
}
