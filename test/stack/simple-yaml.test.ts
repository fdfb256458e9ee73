import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { positionsOf } from '../../src/stack/positions.ts'
import { readSimpleYaml } from '../../src/stack/simple-yaml.ts'
import { parseText } from '../../src/stack/source.ts'

const file = 'iamstack.yaml'

/** Either reader must say the same, node for node and place for place; the simple one may say nothing. */
async function compare(text: string): Promise<boolean> {
  const simple = readSimpleYaml(text, positionsOf(file, text))
  if (simple === undefined) return false
  const whole = await parseText(text, positionsOf(file, text))
  expect({ text, ...whole }).toEqual({ text, ok: true, value: simple, warnings: [] })
  return true
}

describe('the simple reader', () => {
  it('reads what a stack file usually holds, as the real parser does', async () => {
    const examples = [
      "a: 1\nb: two words\nc: \"quoted # text\"\nd: 'it''s'\n",
      'a:\n  b: { c: [1, 2.5, true, ~], d: { e: f } }  # comment\n  g:\n    - h\n    - i: j\n      k: l\n  m: {}\n',
      'list:\n- a\n- b: 1\n  c: 2\n-\n- - d\n',
      'list:\n- a\n- b: 1\n  c: 2\n-\nnext: x\n',
      '# head\n\na:\n\n  # inside\n  b: -1\n  c: --flag\n  d: 010\n  e: 1.10\n  f: 1e3\n',
      'services: { api: { replicas: 3,\n            expose: { http: load-balancer:80 } },\n            db: [ ] }\n',
      '{"a": 1, "b":[true,null], "c": {"d": "e\\n\\u00e9"}}\n',
      'a: {b: , c:}\n',
      'empty:\nnull-value: ~\nend: x',
      'image: mariadb:10.11\nurl: http://x/y#z\ntime: 12:30\n',
    ]
    expect(await Promise.all(examples.map(compare))).toEqual([
      true,
      true,
      false,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
    ])
  })

  it('leaves to the real parser what is not simple or not right', () => {
    const others = [
      'a: &x 1\nb: *x\n',
      'a: |\n  text\n',
      'a: one\n  two\n',
      'a: "one\n  two"\n',
      'a: !tag x\n',
      'a: 1\na: 2\n',
      'a: { b: ${X} }\n',
      'a: b: c\n',
      '? a\n: b\n',
      '---\na: 1\n',
      '<<: 1\n',
      'a:\n\tb: 1\n',
      'a: 1\n  b: 2\n',
      'a: [1, 2\nb: 3\n',
      'a: .inf\n',
      'text\n',
      '',
    ]
    const read = others.filter((text) => readSimpleYaml(text, positionsOf(file, text)) !== undefined)
    expect(read).toEqual([])
  })

  it('agrees with the real parser on whatever it accepts', async () => {
    const token = fc.constantFrom(
      'a',
      'b1',
      'key: ',
      'k:',
      ': ',
      ':',
      ' ',
      '\n',
      '\n  ',
      '\n    ',
      '- ',
      '-',
      '\n- ',
      '{',
      '}',
      '[',
      ']',
      ', ',
      ',',
      '"x"',
      "'y'",
      '"',
      "'",
      ' # c',
      '#',
      '1',
      '-1',
      '0',
      '.5',
      '1e3',
      '~',
      'null',
      'true',
      '/p',
      '${X}',
      '$',
      '&',
      '*',
      '!',
      '|',
      '>',
      '%',
      '@',
      '?',
      '? ',
      '---',
      '...',
      '\\',
      'é',
      '+1',
      '0x1',
      '-0',
      '<<: ',
      '"a": ',
      '"b":',
    )
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(fc.array(token, { maxLength: 14 }), async (tokens) => {
        if (await compare(tokens.join(''))) accepted++
      }),
      { numRuns: 20_000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })

  it('agrees on documents that are made of its own parts', async () => {
    const scalar = fc.constantFrom(
      '1',
      'text',
      'two words',
      '"quoted: {x}"',
      "'single'",
      'true',
      '',
      'a:b',
      '-x',
      '0.5',
      '"${X}"',
      'x # c',
      '~',
    )
    const tree = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        scalar,
        fc.array(tie('node'), { maxLength: 3, minLength: 1 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'c-d', 'E_F', '/x'), tie('node'), { maxKeys: 4, minKeys: 1 }),
      ),
    })).node
    const root = fc.dictionary(fc.constantFrom('name', 'services', 'vars', 'x'), tree, { minKeys: 1 })
    let accepted = 0
    let made = 0
    await fc.assert(
      fc.asyncProperty(root, fc.boolean(), async (value, isFlow) => {
        made++
        if (await compare(`${isFlow ? flow(value) : block(value, 0).slice(1)}\n`)) accepted++
      }),
      { numRuns: 1000 },
    )
    expect(accepted).toBeGreaterThan(made / 2)
  })

  it('reads the example of the language without help', async () => {
    const text = readFileSync(new URL('./fixtures/example.yaml', import.meta.url), 'utf8')
    expect(await compare(text)).toBe(true)
  })
})

function block(value: unknown, indent: number): string {
  const pad = `\n${' '.repeat(indent)}`
  if (typeof value === 'string') return ` ${value}`
  if (Array.isArray(value))
    return value
      .map((item: unknown) => `${pad}-${Array.isArray(item) ? ` ${flow(item)}` : block(item, indent + 2)}`)
      .join('')
  return Object.entries(value as object)
    .map(([key, item]) => `${pad}${key}:${block(item, indent + 2)}`)
    .join('')
}

function flow(value: unknown): string {
  if (typeof value === 'string') return value.replace(/ # c$/, '').replace(/^$/, '""')
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  return `{ ${Object.entries(value as object)
    .map(([key, item]) => `${key}: ${flow(item)}`)
    .join(', ')} }`
}
