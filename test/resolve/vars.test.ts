import { describe, expect, test } from 'vitest'
import { problemsOf, resolvedStack, type StackOptions } from './stack.ts'

const value = async (name: string, text: string, options: StackOptions = {}) => {
  const variable = (await resolvedStack(text, options)).vars.get(name)
  return variable && `${variable.value} (${variable.origin})`
}

describe('precedence (S2): --var > environment > .env > local overlay > profile > default', () => {
  const stack = 'vars: { LEVEL: default }\n'
  const layers = {
    files: {
      'profiles/dev.yaml': 'target: compose\nvars: { LEVEL: profile }',
      'profiles/dev.local.yaml': 'vars: { LEVEL: local }',
    },
    dotenv: 'LEVEL=dotenv\n',
    environment: { LEVEL: 'environment' },
    vars: ['LEVEL=first', 'LEVEL=flag'],
  }
  const { files } = layers
  const table: [string, StackOptions][] = [
    ['default (default)', {}],
    ['profile (profile)', { profile: 'dev', files: { 'profiles/dev.yaml': files['profiles/dev.yaml'] } }],
    ['local (local)', { profile: 'dev', files }],
    ['dotenv (dotenv)', { profile: 'dev', files, dotenv: layers.dotenv }],
    [
      'environment (environment)',
      { profile: 'dev', files, dotenv: layers.dotenv, environment: layers.environment },
    ],
    ['flag (flag)', { profile: 'dev', ...layers }],
    ['set (flag)', { profile: 'dev', ...layers, set: [{ flag: '--set', argument: 'vars.LEVEL=set' }] }],
  ]
  test.each(table)('%s', async (expected, options) => {
    expect(await value('LEVEL', stack, options)).toBe(expected)
  })

  test('the personal file of an earlier profile wins over a later profile', async () => {
    const profiles = {
      'profiles/a.yaml': 'target: compose',
      'profiles/a.local.yaml': 'vars: { LEVEL: mine }',
      'profiles/b.yaml': 'vars: { LEVEL: b }',
    }
    expect(await value('LEVEL', stack, { profile: 'a,b', files: profiles })).toBe('mine (local)')
  })

  test('a profile takes an earlier value back with null', async () => {
    const profiles = { 'profiles/a.yaml': 'vars: { LEVEL: a }', 'profiles/b.yaml': 'vars: { LEVEL: null }' }
    expect(await value('LEVEL', stack, { profile: 'a,b', files: profiles })).toBe('default (default)')
  })

  test('an empty value of the environment is a value', async () => {
    expect(await value('LEVEL', stack, { environment: { LEVEL: '' } })).toBe(' (environment)')
  })
})

describe('values that build on others (S3)', () => {
  const derived = `
vars:
  HOST: db
  PORT: 3306
  ADDRESS: \${HOST}:\${PORT}
  URL: mysql://\${ADDRESS}/app
`
  test('one change reaches every derived value', async () => {
    const stack = await resolvedStack(derived, { vars: ['PORT=3307'] })
    expect([...stack.vars.values()].map((each) => `${each.name}=${each.value}`)).toEqual([
      'HOST=db',
      'PORT=3307',
      'ADDRESS=db:3307',
      'URL=mysql://db:3307/app',
    ])
  })

  test('a value from outside is never expanded', async () => {
    expect(await value('HOST', derived, { environment: { HOST: '${PORT}' } })).toBe('${PORT} (environment)')
  })

  test('a cycle names its chain (S3)', async () => {
    expect(await problemsOf('vars:\n  A: ${B}\n  B: x${C}\n  C: ${A:-1}\n  OK: ${A}\n'))
      .toMatchInlineSnapshot(`
      "iamstack.yaml:3:6 error vars/cycle: the value of A needs itself: A → B → C → A
        2 | vars:
        3 |   A: \${B}
          |      ^^^^
        4 |   B: x\${C}
        iamstack.yaml:4:6 B is here
          3 |   A: \${B}
          4 |   B: x\${C}
            |      ^^^^^
          5 |   C: \${A:-1}
        iamstack.yaml:5:6 C is here
          4 |   B: x\${C}
          5 |   C: \${A:-1}
            |      ^^^^^^^
          6 |   OK: \${A}
        hint: give one of them a value of its own"
    `)
  })

  test('a value that needs itself', async () => {
    expect(await problemsOf('vars: { "LEVEL": "${LEVEL:-info}" }')).toMatchInlineSnapshot(`
      "iamstack.yaml:2:18 error vars/cycle: the value of LEVEL needs itself: LEVEL → LEVEL
        1 | name: test
        2 | vars: { "LEVEL": "\${LEVEL:-info}" }
          |                  ^^^^^^^^^^^^^^^^
        hint: the environment and .env are looked at before this value anyway: write the default alone"
    `)
  })

  test('a chain of a thousand values is refused, not a crash', async () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `  A${String(index)}: \${A${String(index + 1)}}`)
    const problems = await problemsOf(`vars:\n${lines.join('\n')}\n  A1000: x\n`)
    expect(problems).toContain('vars/too-deep')
  })

  test('values that double each other are stopped', async () => {
    const lines = Array.from(
      { length: 60 },
      (_, index) => `  A${String(index + 1)}: \${A${String(index)}}\${A${String(index)}}`,
    )
    const problems = await problemsOf(`vars:\n  A0: xxxxxxxxxx\n${lines.join('\n')}\n`)
    expect(problems).toContain('template/too-long')
  })
})

describe('values that are missing', () => {
  test('three undefined names give three located errors (S10)', async () => {
    const text = `
vars: { DB_USER: todo }
services:
  api:
    image: app:1
    env:
      URL: "mysql://\${DB_USR}:\${PASSWORD}@db"
      OTHER: |
        first line
          see \${MISSING} here
`
    expect(await problemsOf(text)).toMatchInlineSnapshot(`
      "iamstack.yaml:8:21 error vars/undefined: DB_USR is not defined
        7 |     env:
        8 |       URL: "mysql://\${DB_USR}:\${PASSWORD}@db"
          |                     ^^^^^^^^^
        9 |       OTHER: |
        hint: did you mean \`DB_USER\`?

      iamstack.yaml:8:31 error vars/undefined: PASSWORD is not defined
        7 |     env:
        8 |       URL: "mysql://\${DB_USR}:\${PASSWORD}@db"
          |                               ^^^^^^^^^^^
        9 |       OTHER: |
        hint: declare it under \`vars\`, or write \${PASSWORD:-default}, or $\${PASSWORD} for a literal one

      iamstack.yaml:11:15 error vars/undefined: MISSING is not defined
        10 |         first line
        11 |           see \${MISSING} here
           |               ^^^^^^^^^^
        hint: declare it under \`vars\`, or write \${MISSING:-default}, or $\${MISSING} for a literal one"
    `)
  })

  test('a variable without default must be given, and says what it is for', async () => {
    const text = 'vars:\n  TOKEN: { doc: access to the registry }\n  OTHER: {}\n'
    expect(await problemsOf(text)).toMatchInlineSnapshot(`
      "iamstack.yaml:3:3 error vars/required: TOKEN is not set: access to the registry
        2 | vars:
        3 |   TOKEN: { doc: access to the registry }
          |   ^^^^^
        4 |   OTHER: {}
        hint: set it by --var TOKEN=…, in the environment, in .env, or under \`vars\` of a profile

      iamstack.yaml:4:3 error vars/required: OTHER is not set
        3 |   TOKEN: { doc: access to the registry }
        4 |   OTHER: {}
          |   ^^^^^
        hint: set it by --var OTHER=…, in the environment, in .env, or under \`vars\` of a profile"
    `)
    expect(await value('TOKEN', text, { vars: ['TOKEN=1', 'OTHER=2'] })).toBe('1 (flag)')
  })

  test('one of: a profile, a flag and the environment are held to it; values of the environment are not shown', async () => {
    const text = 'vars: { LEVEL: { default: info, one-of: [debug, info, warn] } }'
    expect(await problemsOf(text, { vars: ['LEVEL=wran'] })).toMatchInlineSnapshot(`
      "--var:1:1 error vars/not-one-of: LEVEL must be one of debug, info, warn, not “wran”
        iamstack.yaml:2:9 LEVEL is declared here
          1 | name: test
          2 | vars: { LEVEL: { default: info, one-of: [debug, info, warn] } }
            |         ^^^^^
        hint: did you mean \`warn\`?"
    `)
    expect(await problemsOf(text, { environment: { LEVEL: 's3cret' } })).toMatchInlineSnapshot(`
      "iamstack.yaml:2:9 error vars/not-one-of: LEVEL must be one of debug, info, warn, not its value from the environment
        1 | name: test
        2 | vars: { LEVEL: { default: info, one-of: [debug, info, warn] } }
          |         ^^^^^"
    `)
  })

  test('names that nothing declares or uses', async () => {
    const files = { 'profiles/dev.yaml': 'vars: { LEVLE: warn }' }
    expect(
      await problemsOf('vars: { LEVEL: info }', { vars: ['OTHER=1', 'nonsense'], profile: 'dev', files }),
    ).toMatchInlineSnapshot(`
      "--var:1:1 error vars/undeclared: OTHER is set, but neither declared nor used
        hint: declare it under \`vars\` of the stack

      --var:2:1 error vars/flag: this is no NAME=value
        hint: write --var NAME=value

      profiles/dev.yaml:1:16 error vars/undeclared: LEVLE is set, but neither declared nor used
        1 | vars: { LEVLE: warn }
          |                ^^^^
        hint: did you mean \`LEVEL\`?"
    `)
  })

  test('a name that is used needs no declaration', async () => {
    const text = 'services: { api: { image: "app:${TAG}" } }'
    const stack = await resolvedStack(text, { environment: { TAG: '7', UNRELATED: 'x' } })
    expect(stack.services.get('api')?.image).toEqual({ kind: 'reference', reference: 'app:7' })
    expect([...stack.vars.keys()]).toEqual(['TAG'])
  })

  test('names of Object.prototype are no variables', async () => {
    expect(await problemsOf('services: { api: { image: "app:${constructor}" } }')).toContain(
      'constructor is not defined',
    )
  })
})

test('fixed variables', async () => {
  const stack = await resolvedStack('name: todo\nnotes: "${project} ${instance} ${target}"', {
    instance: 'x1',
    profile: 'kind',
  })
  expect(stack.notes?.parts).toEqual(['todo-x1 x1 kind'])
  expect(await problemsOf('vars: { project: x }')).toMatchInlineSnapshot(`
    "iamstack.yaml:2:9 error vars/fixed: project is always there and cannot be declared
      1 | name: test
      2 | vars: { project: x }
        |         ^^^^^^^
      hint: choose another name"
  `)
})
