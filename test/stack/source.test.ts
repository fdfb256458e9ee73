import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { parseSource } from '../../src/stack/source.ts'
import type { SourceNode } from '../../src/stack/node.ts'
import { report, text } from './files.ts'

/** Every class of broken text that a user can hand in, and the whole answer (S100). */
const broken: Readonly<Record<string, string>> = {
  'a tab as indentation': 'name: todo\nservices:\n\tdb:\n\t\timage: redis:7\n',
  'a duplicate key': 'name: todo\nservices:\n  db: { image: redis:7 }\n  db: { image: mariadb:10.11 }\n',
  'an unquoted reference in a flow map':
    'name: todo\nservices:\n  db: { image: redis:7, env: { A: ${A}, B: ${B} } }\n',
  'an unquoted reference in a flow list':
    'name: todo\nservices:\n  db: { image: redis:7, command: [serve, --db=${DB}] }\n',
  'an unclosed quote': 'name: todo\nservices:\n  db: { image: redis:7 }\nnotes: "hello\n',
  'an unclosed bracket': 'name: todo\nmanifests: [a.yaml, b.yaml\nservices: {}\n',
  'two documents': 'name: todo\n---\nname: other\n',
  'a value and a map at once': 'name: todo\nservices:\n  db: redis\n    image: redis:7\n',
  'a colon in a value': 'name: todo\nnotes: see: the page\n',
  'a missing colon': 'name: todo\nservices:\n  db:\n    image: redis:7\n    tty\n',
  'a value that starts with @': 'name: @todo\n',
  'a bad escape': 'name: todo\nnotes: "C:\\dir"\n',
  'a tag': 'name: !secret todo\n',
  'an unknown alias': 'name: todo\nservices:\n  db: *base\n',
  'an alias to itself': 'name: todo\nservices: &all\n  db: *all\n',
  'a merge of a list': 'name: todo\nservices:\n  db:\n    <<: [1]\n    image: redis:7\n',
  'a key that is a list': 'name: todo\nservices:\n  ? [a, b]\n  : { image: redis:7 }\n',
  'YAML 1.1': '%YAML 1.1\n---\nname: todo\n',
  'a number without value': 'name: todo\nservices: { db: { image: redis:7, replicas: .inf } }\n',
  'a control character': 'name: todo\nnotes: "\u0007"\n',
  'an empty file': '# nothing yet\n',
  'a list': '- name: todo\n',
}

describe('S100: text that is no stack file is answered with place and cure', () => {
  it('for each class of mistake', async () => {
    const answers: string[] = []
    for (const [what, source] of Object.entries(broken)) answers.push(`# ${what}\n${await report(source)}`)
    expect(answers.join('\n\n')).toMatchInlineSnapshot(`
      "# a tab as indentation
      iamstack.yaml:3:1 error yaml/tab: a tab cannot indent a line: YAML indents with spaces only
        2 | services:
        3 | → db:
          | ^^
        4 | → → image: redis:7
        hint: replace the tab by spaces (most editors: "convert indentation to spaces")

      iamstack.yaml:4:1 error yaml/tab: a tab cannot indent a line: YAML indents with spaces only
        3 | → db:
        4 | → → image: redis:7
          | ^^^^
        hint: replace the tab by spaces (most editors: "convert indentation to spaces")

      # a duplicate key
      iamstack.yaml:4:3 error yaml/duplicate-key: \`db\` is written twice in this map
        3 |   db: { image: redis:7 }
        4 |   db: { image: mariadb:10.11 }
          |   ^^
        iamstack.yaml:3:3 the first one
          2 | services:
          3 |   db: { image: redis:7 }
            |   ^^
          4 |   db: { image: mariadb:10.11 }
        hint: keep one of the two

      # an unquoted reference in a flow map
      iamstack.yaml:3:35 error yaml/unquoted-reference: inside { } or [ ] a value with \${A} must be quoted
        2 | services:
        3 |   db: { image: redis:7, env: { A: \${A}, B: \${B} } }
          |                                   ^^^^
        hint: quote the whole value: "\${A}"

      iamstack.yaml:3:44 error yaml/unquoted-reference: inside { } or [ ] a value with \${B} must be quoted
        2 | services:
        3 |   db: { image: redis:7, env: { A: \${A}, B: \${B} } }
          |                                            ^^^^
        hint: quote the whole value: "\${B}"

      # an unquoted reference in a flow list
      iamstack.yaml:3:47 error yaml/unquoted-reference: inside { } or [ ] a value with \${DB} must be quoted
        2 | services:
        3 |   db: { image: redis:7, command: [serve, --db=\${DB}] }
          |                                               ^^^^^
        hint: quote the whole value: "--db=\${DB}"

      # an unclosed quote
      iamstack.yaml:4:8 error yaml/unclosed: this quote is never closed
        3 |   db: { image: redis:7 }
        4 | notes: "hello
          |        ^^^^^^
        hint: add the closing quote

      # an unclosed bracket
      iamstack.yaml:2:12 error yaml/indentation: this bracket is not closed where its indentation ends
        1 | name: todo
        2 | manifests: [a.yaml, b.yaml
          |            ^^^^^^^^^^^^^^^
        3 | services: {}
        hint: close it; what it holds is indented deeper than its key

      # two documents
      iamstack.yaml:2:1 error yaml/many-documents: a second document begins here; a stack file holds one
        1 | name: todo
        2 | ---
          | ^^^
        3 | name: other
        hint: remove the \`---\`, or move what follows to a file of its own and name it under \`include\`

      # a value and a map at once
      iamstack.yaml:3:7 error yaml/nesting: a second \`key: value\` cannot stand here
        2 | services:
        3 |   db: redis
          |       ^
        4 |     image: redis:7
        hint: quote the value if its \`: \` is text; else indent the keys below on lines of their own, all by the same amount

      # a colon in a value
      iamstack.yaml:2:8 error yaml/nesting: a second \`key: value\` cannot stand here
        1 | name: todo
        2 | notes: see: the page
          |        ^
        hint: quote the value if its \`: \` is text; else indent the keys below on lines of their own, all by the same amount

      # a missing colon
      iamstack.yaml:5:5 error yaml/syntax: a \`key: value\` is expected here, and the \`:\` is missing
        4 |     image: redis:7
        5 |     tty
          |     ^^^
        hint: write \`key: value\` with a space after the colon

      # a value that starts with @
      iamstack.yaml:1:7 error yaml/quote: an unquoted value cannot start with @
        1 | name: @todo
          |       ^
        hint: put the value in quotes

      # a bad escape
      iamstack.yaml:2:11 error yaml/escape: invalid escape sequence \\d
        1 | name: todo
        2 | notes: "C:\\dir"
          |           ^
        hint: use single quotes '…' where a backslash is meant as it is

      # a tag
      iamstack.yaml:1:7 error yaml/tag: !secret is a tag, and tags have no meaning here
        1 | name: !secret todo
          |       ^^^^^^^
        hint: remove the tag, or quote the value if it should start with \`!\`

      # an unknown alias
      iamstack.yaml:3:7 error yaml/alias: there is no anchor &base before this
        2 | services:
        3 |   db: *base
          |       ^^^^^

      # an alias to itself
      iamstack.yaml:3:7 error yaml/alias: &all contains itself
        2 | services: &all
        3 |   db: *all
          |       ^^^^

      # a merge of a list
      iamstack.yaml:4:10 error yaml/merge: \`<<\` merges maps, and this is a scalar
        3 |   db:
        4 |     <<: [1]
          |          ^
        5 |     image: redis:7
        hint: name an anchor of a map: \`<<: *name\`

      # a key that is a list
      iamstack.yaml:3:5 error yaml/key: a key is a word; this one is a list
        2 | services:
        3 |   ? [a, b]
          |     ^^^^^^
        4 |   : { image: redis:7 }
        hint: quote it if it is text

      # YAML 1.1
      iamstack.yaml:1:1 error yaml/directive: YAML 1.1 is not read: \`yes\` and \`010\` mean other things there
        1 | %YAML 1.1
          | ^^^^^^^^^
        2 | ---
        hint: remove the directive

      # a number without value
      iamstack.yaml:2:45 error yaml/number: .inf is not a number that a stack can use
        1 | name: todo
        2 | services: { db: { image: redis:7, replicas: .inf } }
          |                                             ^^^^
        hint: quote it if it is text

      # a control character
      iamstack.yaml:2:9 error source/control-character: the control character U+0007 cannot be in a stack file
        1 | name: todo
        2 | notes: "�"
          |         ^

      # an empty file
      iamstack.yaml:1:1 error source/empty: the file is empty
        1 | # nothing yet
          | ^
        hint: it begins with \`name: …\` and \`services:\`

      # a list
      iamstack.yaml:1:1 error schema/wrong-type: a stack file is a map, not a list
        1 | - name: todo
          | ^^^^^^^^^^^^
        hint: it begins with \`name: …\` and \`services:\`"
    `)
  })

  it('a byte that is not UTF-8', async () => {
    const bytes = Uint8Array.from([...new TextEncoder().encode('name: todo\nnotes: caf'), 0xe9, 0x0a])
    expect(await report({ 'iamstack.yaml': bytes })).toMatchInlineSnapshot(`
      "iamstack.yaml:2:11 error source/encoding: byte 0xe9 is not UTF-8
        hint: save the file as UTF-8"
    `)
  })

  it('UTF-16', async () => {
    expect(await report({ 'iamstack.yaml': Uint8Array.from([0xff, 0xfe, 0x6e, 0x00]) }))
      .toMatchInlineSnapshot(`
      "iamstack.yaml:1:1 error source/encoding: the file is UTF-16
        hint: save the file as UTF-8"
    `)
  })

  it('5 MB', async () => {
    expect(await report({ 'iamstack.yaml': new Uint8Array(5 * 1024 * 1024).fill(0x20) }))
      .toMatchInlineSnapshot(`
      "iamstack.yaml:1:1 error source/too-large: the file has 5 MiB; a stack file has at most 1 MiB
        hint: keep data in files of their own (\`configs\`), or split the stack with \`include\`"
    `)
  })

  it('an alias bomb, without building it', async () => {
    const levels = Array.from({ length: 30 }, (_, level) => {
      const items = Array.from({ length: 9 }, () => (level === 0 ? 'lol' : `*l${String(level - 1)}`))
      return `l${String(level)}: &l${String(level)} [${items.join(', ')}]`
    })
    const result = await parseSource('bomb.yaml', levels.join('\n'))
    expect(text(result.ok ? [] : result.errors, {})).toMatchInlineSnapshot(`
      "bomb.yaml:5:30 error yaml/alias-bomb: aliases make more than 50000 values of this file
        hint: anchors that repeat each other multiply; write the values out"
    `)
  })

  it('a hundred thousand brackets', async () => {
    const result = await parseSource('deep.yaml', '['.repeat(100_000))
    expect(result.ok).toBe(false)
    const blocks = Array.from({ length: 600 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')
    const deep = await parseSource('deep.yaml', blocks)
    expect(text(deep.ok ? [] : deep.errors, {})).toMatchInlineSnapshot(`
      "deep.yaml:1:1 error yaml/too-deep: lists and maps are nested too deeply
        hint: no part of a stack needs more than a dozen levels: look for a bracket that is never closed"
    `)
  })
})

describe('what is read', () => {
  it('a byte order mark, CRLF and JSON', async () => {
    expect(plain(await node('\ufeffname: todo\r\nnotes: "a"\r\n'))).toEqual({ name: 'todo', notes: 'a' })
    expect(plain(await node('{"name": "todo", "replicas": 2, "list": [true, null]}'))).toEqual({
      name: 'todo',
      replicas: 2,
      list: [true, null],
    })
  })

  it('keeps what was typed beside what it means', async () => {
    const root = await node('a: 1.10\nb: 010\nc: yes\nd: 0x1f\ne: "5"\nf: 18446744073709551616\n')
    const scalars = root.kind === 'map' ? root.entries.map(({ value }) => value) : []
    expect(
      scalars.map((each) => (each.kind === 'scalar' ? [each.value, each.text, each.isQuoted] : each)),
    ).toEqual([
      [1.1, '1.10', false],
      [10, '010', false],
      ['yes', 'yes', false],
      [31, '0x1f', false],
      ['5', '5', true],
      [2 ** 64, '18446744073709551616', false],
    ])
  })

  it('merge keys: own keys win, then the first of several', async () => {
    const source = 'a: &a { x: 1, y: 1 }\nb: &b { y: 2, z: 2 }\nc:\n  <<: [*a, *b]\n  x: 3\n'
    expect(plain(await node(source))).toMatchObject({ c: { x: 3, y: 1, z: 2 } })
  })

  it('keeps the order of keys and turns every key into text', async () => {
    const root = await node('10: a\n9: b\ntrue: c\n1.50: d\n')
    expect(root.kind === 'map' && root.entries.map((each) => each.key)).toEqual(['10', '9', 'true', '1.50'])
  })

  it('places: 1-based, of the value, on one line', async () => {
    const root = await node('name: todo\nservices:\n  äpi: { image: "redis:7" }\n  empty:\n')
    const services = root.kind === 'map' ? root.entries[1]?.value : undefined
    const entries = services?.kind === 'map' ? services.entries : []
    const image = entries[0]?.value.kind === 'map' ? entries[0].value.entries[0] : undefined
    expect([entries[0]?.keySpan, image?.value.span, entries[1]?.value.span]).toEqual([
      { file: 'x.yaml', line: 3, column: 3, length: 3 },
      { file: 'x.yaml', line: 3, column: 17, length: 9 },
      // An empty value has no characters of its own: its key stands for it.
      { file: 'x.yaml', line: 4, column: 3, length: 5 },
    ])
  })
})

describe('properties', () => {
  it('random bytes and random YAML never throw and always have a place', async () => {
    const fragments = fc.constantFrom(
      'a',
      ':',
      ' ',
      '\n',
      '  ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      ',',
      '"',
      "'",
      '&a',
      '*a',
      '<<: ',
      '|',
      '>',
      '#',
      '${X}',
      '\t',
      '!t',
      '---\n',
      '? ',
      '1',
      '.nan',
    )
    const yaml = fc
      .array(fragments, { maxLength: 40 })
      .map((parts) => new TextEncoder().encode(parts.join('')))
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), yaml), async (bytes) => {
        const result = await parseSource('x.yaml', bytes)
        if (result.ok) return
        expect(result.errors.length).toBeGreaterThan(0)
        for (const each of result.errors) {
          expect(each.span?.line).toBeGreaterThan(0)
          expect(each.span?.column).toBeGreaterThan(0)
          expect(each.span?.length).toBeGreaterThan(0)
        }
      }),
      { numRuns: 500 },
    )
  })
})

async function node(source: string): Promise<SourceNode> {
  const result = await parseSource('x.yaml', source)
  if (!result.ok) throw new Error(text(result.errors, { 'x.yaml': source }))
  return result.value
}

function plain(each: SourceNode): unknown {
  if (each.kind === 'scalar') return each.value
  if (each.kind === 'list') return each.items.map(plain)
  return Object.fromEntries(each.entries.map(({ key, value }) => [key, plain(value)]))
}
