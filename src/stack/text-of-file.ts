import { checked, errorAt, type Checked, type Diagnostic } from './diagnostics.ts'
import { positionsOf } from './positions.ts'
import { decodeUtf8 } from './utf8.ts'

/** Bytes. About 1800 services; reading that takes seconds, and more is never a stack but a mistake. */
const largestSource = 1024 * 1024

/** The characters of a file without byte order mark, or why it cannot be a stack file: too large, not UTF-8, not text. */
export function textOfFile(file: string, content: Uint8Array | string): Checked<string> {
  const start = { file, line: 1, column: 1, length: 1 }
  if (content.length > largestSource) {
    const message = `the file has ${mebibytes(content.length)}; a stack file has at most ${mebibytes(largestSource)}`
    return failed(
      errorAt(
        'source/too-large',
        message,
        start,
        'keep data in files of their own (`configs`), or split the stack with `include`',
      ),
    )
  }
  const decoded = typeof content === 'string' ? { ok: true as const, text: content } : decodeUtf8(content)
  if (!decoded.ok) {
    const what = decoded.isUtf16
      ? 'the file is UTF-16'
      : `byte 0x${decoded.byte.toString(16).padStart(2, '0')} is not UTF-8`
    const place = { ...start, line: decoded.line, column: decoded.column }
    return failed(errorAt('source/encoding', what, place, 'save the file as UTF-8'))
  }
  const text = decoded.text.charCodeAt(0) === 0xfeff ? decoded.text.slice(1) : decoded.text
  const control = forbiddenCharacter.exec(text)
  if (control) {
    const code = control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
    const place = positionsOf(file, text).span(control.index, control.index + 1)
    return failed(
      errorAt('source/control-character', `the control character U+${code} cannot be in a stack file`, place),
    )
  }
  return checked(text, [])
}

/** YAML 1.2 §5.1: no control characters but tab and line breaks. */
// eslint-disable-next-line no-control-regex -- finding them is the purpose
const forbiddenCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/

function mebibytes(bytes: number): string {
  return `${String(Math.ceil((bytes / 1024 / 1024) * 10) / 10)} MiB`
}

function failed(error: Diagnostic): Checked<string> {
  return { ok: false, errors: [error], warnings: [] }
}
