import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Scope } from '../../src/resolve/evaluate.ts'
import { parseTemplate } from '../../src/resolve/interpolate.ts'
import { textAsWritten } from '../../src/resolve/text.ts'
import { locationOf } from '../../src/stack/diagnostics.ts'
import { problemsOf, resolvedStack } from './stack.ts'

const values = new Map([
  ['X', 'x'],
  ['EMPTY', ''],
  ['A', 'aa'],
])
const scope: Scope = {
  value: (name) => {
    const value = values.get(name)
    return value === undefined ? undefined : [value]
  },
  names: () => values.keys(),
}

function read(text: string): string {
  const result = parseTemplate(text, 'file.tmpl', scope)
  if (result.ok) return textAsWritten(result.value)
  return result.errors
    .map((each) => `${each.span ? locationOf(each.span) : ''} ${each.code}: ${each.message}`)
    .join('\n')
}

describe('substitution', () => {
  const table: [string, string][] = [
    ['${X}', 'x'],
    ['a${X}b${A}c', 'axbaac'],
    ['${NO:-default}', 'default'],
    ['${NO-default}', 'default'],
    ['${EMPTY:-default}', 'default'],
    ['${EMPTY-default}', ''],
    ['${X:-default}', 'x'],
    ['${NO:-}', ''],
    ['${NO:-${X}-${A}}', 'x-aa'],
    ['${NO:-${NO2:-${X}}}', 'x'],
    ['${NO:-a b/c:d}', 'a b/c:d'],
    ['${NO:-$${X}', '${X'],
    ['${X:+set}', 'set'],
    ['${EMPTY:+set}', ''],
    ['${EMPTY+set}', 'set'],
    ['${NO+set}', ''],
    ['${X:?needed}', 'x'],
    ['${EMPTY?needed}', ''],
    ['${service.db.host}:${service.db.port.sql}', '${service.db.host}:${service.db.port.sql}'],
    [
      '${self.port.http} ${url.api.http} ${mount./etc/a b.yaml}',
      '${self.port.http} ${url.api.http} ${mount./etc/a b.yaml}',
    ],
    [
      '${secret.db.tls.crt} ${capture.id} ${stack.data.DbEndpoint}',
      '${secret.db.tls.crt} ${capture.id} ${stack.data.DbEndpoint}',
    ],
    ['${service.iam-apiserver.port.http-2}', '${service.iam-apiserver.port.http-2}'],
  ]
  test.each(table)('%s → %s', (text, expected) => {
    expect(read(text)).toBe(expected)
  })

  test.each(['$', '$$', '$$$', '$X', '$(X)', '$(cat /a)', '$$X', 'a$', '{}', '}', '$ {X}'])(
    '%s stays literal (S52)',
    (text) => {
      expect(read(text)).toBe(text)
    },
  )

  test('$${ is a literal ${ (S52)', () => {
    expect(['$${X}', '$$${X}', '$${', 'a $${{ github.x }} b', '$${X}${X}'].map(read)).toEqual([
      '${X}',
      '$${X}',
      '${',
      'a ${{ github.x }} b',
      '${X}x',
    ])
  })

  test('mistakes are located, and the rest is still read', () => {
    const text = [
      '${MISSING} and ${ALSO:?say why ${X}}',
      '${X',
      '${} ${ X} ${1}',
      '${X%.*} ${#X} ${X[0]} ${{ X }}',
      '${service.db} ${service.db.host.x} ${server.db.host} ${service.db.host:-x}',
      '${a:-${b:-${c:-${d:-${e:-${f:-${g:-${h:-${i:-${j:-x}}}}}}}}}}',
      '${NO:-unclosed',
      '${LAST}',
    ].join('\n')
    expect(read(text)).toMatchInlineSnapshot(`
      "file.tmpl:1:1 vars/undefined: MISSING is not defined
      file.tmpl:1:16 vars/required: ALSO is not set: say why x
      file.tmpl:2:1 template/unclosed: \${X is not closed on its line
      file.tmpl:3:1 template/name: \${} names nothing
      file.tmpl:3:5 template/name: a blank cannot stand after \${
      file.tmpl:3:11 template/name: a name cannot start with “1”: letters, digits and _ only, a letter or _ first
      file.tmpl:4:1 template/operator: “\${X%.*}” is no expression: after X only }, :-, -, :?, ?, :+ and + can follow
      file.tmpl:4:9 template/name: a name cannot start with “#”: letters, digits and _ only, a letter or _ first
      file.tmpl:4:15 template/operator: “\${X[0]}” is no expression: after X only }, :-, -, :?, ?, :+ and + can follow
      file.tmpl:4:23 template/name: a name cannot start with “{”: letters, digits and _ only, a letter or _ first
      file.tmpl:5:1 template/reference: \${service.db} is not a complete reference
      file.tmpl:5:15 template/reference: \${service.db.host.x} is not a complete reference
      file.tmpl:5:36 template/reference: \${server.db.host} is no reference: none begins with server
      file.tmpl:5:54 template/operator: a reference like service.db.host always has a value; it takes no :-
      file.tmpl:6:41 template/nesting: defaults are nested more than 8 deep
      file.tmpl:7:1 template/unclosed: \${NO is not closed on its line
      file.tmpl:8:1 vars/undefined: LAST is not defined"
    `)
  })
})

describe('bounds', { timeout: 60_000 }, () => {
  test('never throws, whatever the text', () => {
    const pieces = fc.constantFrom(
      '${',
      '}',
      '$',
      ':-',
      ':?',
      'X',
      'A',
      '.',
      'service',
      '\n',
      ' ',
      '-',
      '{',
      'mount./',
    )
    fc.assert(fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => void read(parts.join(''))))
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void read(text)))
  })

  test('a text without ${ comes back as it is, and an escaped one as it was', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const literal = text.replaceAll('${', () => '$ {')
        expect(read(literal)).toBe(literal)
      }),
    )
    fc.assert(
      fc.property(fc.array(fc.constantFrom('${', '}', '$', 'X', '{', 'a')), (parts) => {
        // A `$` before `${` belongs to the escape; everything else is free.
        const text = parts.join('').replace(/\$+\$\{/g, () => '${')
        expect(read(text.replaceAll('${', () => '$${'))).toBe(text)
      }),
    )
  })

  test('work grows with the length: every character is looked at a bounded number of times', () => {
    for (const piece of ['${X} ', '${', '${X:-', '${a b', '$${', '${NO}', '${X:-${', '${ \n', '}']) {
      const text = piece.repeat(Math.ceil(100_000 / piece.length))
      // A quadratic reader would need minutes here, and the runner would end it.
      expect(read(text).length).toBeGreaterThan(0)
    }
  })

  test('a long value used often ends in one error', () => {
    const big: Scope = { value: () => ['x'.repeat(1_000_000)], names: () => [] }
    const result = parseTemplate('${X}\n'.repeat(1000), 'file', big)
    expect(result.ok ? [] : result.errors.map((each) => each.code)).toEqual(['template/too-long'])
  })
})

describe('in a stack', () => {
  test('numbers, booleans and durations may come from variables; keys never do', async () => {
    const stack = await resolvedStack(`
vars: { N: 3, PORT: 8000, ON: true, EVERY: 5s, NAME: key }
services:
  api:
    image: "app:1"
    replicas: \${N}
    tty: \${ON}
    ports: { http: "\${PORT}" }
    health: { http: /, every: "\${EVERY}" }
    env: { "A.\${NAME}": "x" }
`).catch((error: unknown) => String(error))
    expect(stack).toMatchInlineSnapshot(`
      "StackError: iamstack.yaml:11:12 error schema/bad-name: services.api.env.A.\${NAME}: the key must be the name of an environment variable
        10 |     health: { http: /, every: "\${EVERY}" }
        11 |     env: { "A.\${NAME}": "x" }
           |            ^^^^^^^^^^^"
    `)
  })

  test('places inside values: quoted, folded, literal, escaped, repeated', async () => {
    const text = `
services:
  api:
    image: app:1
    env:
      PLAIN: a \${ONE} \${TWO}
      DOUBLE: "\\t\\"x\\" \${THREE}"
      SINGLE: 'it''s \${FOUR}'
      FOLDED: >-
        some
        words \${FIVE}
      ESCAPED: $\${no} \${SIX}
      LITERAL: |2
          \${SEVEN}
`
    const places = [
      ...(await problemsOf(text)).matchAll(/iamstack.yaml:(\d+:\d+) error vars\/undefined: (\w+)/g),
    ]
    expect(places.map(([, place, name]) => `${name ?? ''} ${place ?? ''}`)).toMatchInlineSnapshot(`
      [
        "ONE 7:16",
        "TWO 7:23",
        "THREE 8:24",
        "FOUR 9:22",
        "FIVE 12:15",
        "SIX 13:23",
        "SEVEN 15:11",
      ]
    `)
  })

  test('a reference where a value is needed before anything runs', async () => {
    expect(
      await problemsOf(
        'services:\n  api:\n    image: "app:${service.api.host}"\n    replicas: "${self.port.http}"\n',
      ),
    ).toMatchInlineSnapshot(`
      "iamstack.yaml:4:17 error template/reference: \${service.api.host} cannot be used here: its value exists only when things run, and this is needed before
        3 |   api:
        4 |     image: "app:\${service.api.host}"
          |                 ^^^^^^^^^^^^^^^^^^^
        5 |     replicas: "\${self.port.http}"
        hint: use a variable, or put the reference into \`env\`, \`command\` or a template

      iamstack.yaml:5:16 error template/reference: \${self.port.http} cannot be used here: its value exists only when things run, and this is needed before
        4 |     image: "app:\${service.api.host}"
        5 |     replicas: "\${self.port.http}"
          |                ^^^^^^^^^^^^^^^^^
        hint: use a variable, or put the reference into \`env\`, \`command\` or a template"
    `)
  })

  test('what is passed on as it is keeps references as written', async () => {
    const stack = await resolvedStack(
      'vars: { A: 1 }\nservices: { api: { image: a:1, ports: { http: 80 }, compose: { patch: { x: ["${A}", "${service.api.host}", "$${A}"] } } } }',
    )
    expect(stack.services.get('api')?.patches.compose).toEqual({ x: ['1', '${service.api.host}', '${A}'] })
  })

  test('templates see the variables of the stack, and the environment', async () => {
    const stack = await resolvedStack(
      'vars: { HOST: "${service.db.host}" }\nservices: { db: { image: a:1 } }',
      { environment: { USER_NAME: 'me' } },
    )
    const result = parseTemplate(
      'host: ${HOST}\nuser: ${USER_NAME}\nlevel: ${LEVEL:-info}\n',
      '/stack/app.yaml',
      stack.scope,
    )
    expect(result.ok && textAsWritten(result.value)).toBe('host: ${service.db.host}\nuser: me\nlevel: info\n')
    expect(result.ok && result.value.parts.find((part) => typeof part !== 'string')?.from).toMatchObject({
      file: '/stack/app.yaml',
      line: 1,
      column: 7,
    })
  })

  test('a template with three undefined names gives three located errors (S10)', async () => {
    const stack = await resolvedStack('vars: { DB_USER: x }')
    const result = parseTemplate('a: ${DB_USR}\nb: ${PASS}${HOST}\n', '/stack/app.yaml', stack.scope)
    expect(
      result.ok
        ? []
        : result.errors.map((each) => `${each.span ? locationOf(each.span) : ''} ${each.message}`),
    ).toEqual([
      '/stack/app.yaml:1:4 DB_USR is not defined',
      '/stack/app.yaml:2:4 PASS is not defined',
      '/stack/app.yaml:2:11 HOST is not defined',
    ])
  })
})
