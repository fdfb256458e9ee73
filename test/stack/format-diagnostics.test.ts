import { describe, expect, it } from 'vitest'
import { errorAt } from '../../src/stack/diagnostics.ts'
import { diagnosticsAsJson, formatDiagnostics } from '../../src/stack/format-diagnostics.ts'

const at = (line: number, column: number, length: number) => ({
  file: '/stack/iamstack.yaml',
  line,
  column,
  length,
})
const show = (source: string, span: ReturnType<typeof at>) =>
  formatDiagnostics([errorAt('schema/x', 'it is wrong', span)], {
    sourceOf: () => source,
    relativeTo: '/stack',
  })

describe('diagnostics as text', () => {
  it('carets stand under the place behind tabs, wide characters and combining ones', () => {
    expect(show('a:\t"名前": wrong\n', at(1, 10, 5))).toMatchInlineSnapshot(`
      "iamstack.yaml:1:10 error schema/x: it is wrong
        1 | a:→ "名前": wrong
          |             ^^^^^"
    `)
    expect(show('e\u0301: 😀 wrong\n', at(1, 8, 5))).toMatchInlineSnapshot(`
      "iamstack.yaml:1:8 error schema/x: it is wrong
        1 | é: 😀 wrong
          |       ^^^^^"
    `)
  })

  it('the first and the last line, CRLF, and a place behind the end', () => {
    expect(show('a: 1\r\nb: 2\r\n', at(1, 4, 1))).toMatchInlineSnapshot(`
      "iamstack.yaml:1:4 error schema/x: it is wrong
        1 | a: 1
          |    ^
        2 | b: 2"
    `)
    expect(show('a: 1\nb: 2', at(2, 5, 1))).toMatchInlineSnapshot(`
      "iamstack.yaml:2:5 error schema/x: it is wrong
        1 | a: 1
        2 | b: 2
          |     ^"
    `)
  })

  it('a long line is cut around the place', () => {
    expect(show(`${'x'.repeat(200)}HERE${'y'.repeat(200)}\n`, at(1, 201, 4))).toMatchInlineSnapshot(`
      "iamstack.yaml:1:201 error schema/x: it is wrong
        1 | xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxHEREyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy
          |                                                   ^^^^"
    `)
  })

  it('control characters and marks that reorder text are not printed', () => {
    const error = errorAt('schema/x', 'not the text "\u001b[31m\u202e"', at(1, 1, 1), 'a \u0007 hint')
    expect(formatDiagnostics([error], { sourceOf: () => 'a: \u001b[2J\u202e\n' })).toMatchInlineSnapshot(`
      "/stack/iamstack.yaml:1:1 error schema/x: not the text "�[31m�"
        1 | a: �[2J�
          | ^
        hint: a � hint"
    `)
  })

  it('a confidential place is named without its text', () => {
    const error = { ...errorAt('schema/x', 'a value is written here', at(1, 4, 7)), isConfidential: true }
    expect(
      formatDiagnostics([error], { sourceOf: () => 'a: hunter2\n', relativeTo: '/stack' }),
    ).toMatchInlineSnapshot(`"iamstack.yaml:1:4 error schema/x: a value is written here"`)
  })

  it('colours come from outside', () => {
    const error = errorAt('schema/x', 'it is wrong', at(1, 1, 1), 'mend it')
    const options = {
      sourceOf: () => 'a\n',
      relativeTo: '/stack',
      style: (text: string, role: string) => `<${role}>${text}</>`,
    }
    expect(formatDiagnostics([error], options)).toMatchInlineSnapshot(`
      "<location>iamstack.yaml:1:1</> <error>error</> <code>schema/x</>: it is wrong
        <excerpt>1 | a</>
        <excerpt>  | ^</>
        <hint>hint: mend it</>"
    `)
  })

  it('as data', () => {
    const error = {
      ...errorAt('schema/x', 'it is wrong', at(1, 1, 1), 'mend it'),
      related: [{ span: { ...at(2, 1, 1), file: '/other/a.yaml' }, message: 'here' }],
    }
    expect(diagnosticsAsJson([error], '/stack')).toEqual([
      {
        code: 'schema/x',
        severity: 'error',
        message: 'it is wrong',
        hint: 'mend it',
        span: { file: 'iamstack.yaml', line: 1, column: 1, length: 1 },
        related: [{ message: 'here', span: { file: '/other/a.yaml', line: 2, column: 1, length: 1 } }],
      },
    ])
  })
})
