import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDotenv } from '../../src/resolve/dotenv.ts'
import { locationOf } from '../../src/stack/diagnostics.ts'

const read = (content: string) => {
  const result = parseDotenv('.env', content)
  return result.ok
    ? Object.fromEntries([...result.value].map(([name, entry]) => [name, entry.value]))
    : undefined
}
const problems = (content: string) => {
  const result = parseDotenv('.env', content)
  const found = result.ok ? result.warnings : result.errors
  return found.map(
    (each) => `${each.span ? locationOf(each.span) : ''} ${each.code}: ${each.message} (${each.hint ?? ''})`,
  )
}

describe('.env', { timeout: 60_000 }, () => {
  const table: [string, string, Record<string, string>][] = [
    ['plain', 'A=1', { A: '1' }],
    ['export, spaces and comments', '# head\n  export A = one # tail\n\nB=x#y', { A: 'one', B: 'x#y' }],
    ['empty', 'A=\nB= # nothing', { A: '', B: '' }],
    ['single quotes are as written', 'A=\'a $B \\n # "x"\'', { A: 'a $B \\n # "x"' }],
    ['double quotes know escapes', 'A="a\\n\\t\\"b\\" \\\\ \\$" # c', { A: 'a\n\t"b" \\ $' }],
    ['several lines', 'A="-----BEGIN\nabc\n-----END"\nB=2', { A: '-----BEGIN\nabc\n-----END', B: '2' }],
    ['Windows line ends and byte order mark', '\ufeffA=1\r\nB="x\r\ny"\r\n', { A: '1', B: 'x\ny' }],
    ['the last one counts', 'A=1\nA=2', { A: '2' }],
    ['equals signs in the value', 'URL=a=b&c=d', { URL: 'a=b&c=d' }],
    [
      'names of Object.prototype',
      '__proto__=1\nconstructor=2',
      JSON.parse('{"__proto__":"1","constructor":"2"}'),
    ],
  ]
  test.each(table)('%s', (_, content, expected) => {
    expect(read(content)).toEqual(expected)
  })

  test('every bad line is told with its place, and never its content', () => {
    expect(problems("A=1\nPASSWORD: s3cret\n  just words\nB=\"open\nC='x' y\n")).toMatchInlineSnapshot(`
      [
        ".env:2:1 dotenv/syntax: this line is no assignment (write PASSWORD=…: this file is not YAML)",
        ".env:3:3 dotenv/syntax: this line is no assignment (write NAME=value, or begin a comment with #)",
        ".env:4:3 dotenv/quote: the " that begins the value of B is never closed (add the closing quote)",
        ".env:5:1 dotenv/quote: after the closing ' of C only a comment can follow (use double quotes around a value that has single ones)",
      ]
    `)
  })

  test('a reference is not expanded, and that is said', () => {
    expect(problems('A=1\nB=${A}/x')).toMatchInlineSnapshot(`
      [
        ".env:2:1 dotenv/not-expanded: \${…} in the value of B stays as it is (values that build on others belong under \`vars\`)",
      ]
    `)
    expect(read('B=${A}/x')).toEqual({ B: '${A}/x' })
  })

  test('never throws, and reads back what was quoted', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        (content) => void parseDotenv('.env', content),
      ),
    )
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('\r')),
        (text) => {
          expect(read(`A="${text.replace(/["\\$]/g, '\\$&')}"`)).toEqual({ A: text })
        },
      ),
    )
  })
})
