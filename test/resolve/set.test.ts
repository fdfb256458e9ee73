import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { assign, readSetFlags, type SetFlag } from '../../src/resolve/set.ts'
import { parseSet } from '../../src/resolve/set-grammar.ts'
import { locationOf, type Diagnostic } from '../../src/stack/diagnostics.ts'
import type { SourceNode } from '../../src/stack/node.ts'
import { anything } from '../../src/stack/schema/build.ts'
import { parseSource } from '../../src/stack/source.ts'
import { problemsOf, resolvedStack } from './stack.ts'

function plain(node: SourceNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(plain)
  return Object.fromEntries(node.entries.map((entry) => [entry.key, plain(entry.value)]))
}

async function set(base: string, ...flags: SetFlag[]): Promise<unknown> {
  const source = await parseSource('base', base)
  const findings: Diagnostic[] = []
  let node: SourceNode = source.ok
    ? source.value
    : { kind: 'map', entries: [], span: { file: '', line: 1, column: 1, length: 1 } }
  for (const each of readSetFlags(flags, findings)) node = assign(anything('anything'), node, each, findings)
  return findings.length === 0
    ? plain(node)
    : findings.map((each) => `${each.span ? locationOf(each.span) : ''} ${each.code}: ${each.message}`)
}

describe("the grammar of --set is Helm's (S132)", () => {
  const table: [string, unknown][] = [
    ['name=value', { name: 'value' }],
    ['name1=null', {}],
    ['name1=,name2=value2', { name1: '', name2: 'value2' }],
    ['name1=value1,', { name1: 'value1' }],
    ['leading_zeros=00009', { leading_zeros: '00009' }],
    [
      'zero=0,number=-12,float=1.50,big=1234567890123456789',
      { zero: 0, number: -12, float: 1.5, big: '1234567890123456789' },
    ],
    ['yes=true,no=false,maybe=True', { yes: true, no: false, maybe: 'True' }],
    ['a.b.c=1', { a: { b: { c: 1 } } }],
    ['a.b=1,a.c=2', { a: { b: 1, c: 2 } }],
    ['name={a,b,c}', { name: ['a', 'b', 'c'] }],
    ['name={}', { name: [] }],
    ['name={1021,902}', { name: [1021, 902] }],
    ['a.b={x,y},c=z', { a: { b: ['x', 'y'] }, c: 'z' }],
    ['name={a\\,b,c\\}}', { name: ['a,b', 'c}'] }],
    ['value=one\\,two\\, three', { value: 'one,two, three' }],
    ['node.kubernetes\\.io/role=master', { node: { 'kubernetes.io/role': 'master' } }],
    ['a\\=b=c=d', { 'a=b': 'c=d' }],
    ['open=\\{x', { open: '{x' }],
    ['end=x\\', { end: 'x\\' }],
    ['list[0]=foo', { list: ['foo'] }],
    ['list[0]=foo,list[1]=bar', { list: ['foo', 'bar'] }],
    ['list[0].foo=bar,list[0].hello=world', { list: [{ foo: 'bar', hello: 'world' }] }],
    ['list[0]=foo,list[3]=bar', { list: ['foo', null, null, 'bar'] }],
    ['nested[0][0]=1', { nested: [[1]] }],
    ['nested[1][1]=1', { nested: [null, [null, 1]] }],
    ['a.b[0].c=1,a.b[1].c=2', { a: { b: [{ c: 1 }, { c: 2 }] } }],
    ['servers[0].port=80', { servers: [{ port: 80 }] }],
    ['a=1,a=2', { a: 2 }],
    ['a=1,a.b=2', { a: { b: 2 } }],
  ]
  test.each(table)('%s', async (argument, expected) => {
    expect(await set('{}', { flag: '--set', argument })).toEqual(expected)
  })

  test('--set-string keeps every value a text', async () => {
    expect(await set('{}', { flag: '--set-string', argument: 'a=1,b=true,c=null,d={1,x}' })).toEqual({
      a: '1',
      b: 'true',
      c: 'null',
      d: ['1', 'x'],
    })
  })

  test('later flags win, neighbours stay', async () => {
    const base = 'a: { b: 1, keep: 2 }\nlist: [x, { y: 1, z: 2 }]'
    const flags: SetFlag[] = [
      { flag: '--set', argument: 'a.b=2' },
      { flag: '--set', argument: 'a.b=3,list[1].y=9,list[2]=new' },
    ]
    expect(await set(base, ...flags)).toEqual({ a: { b: 3, keep: 2 }, list: ['x', { y: 9, z: 2 }, 'new'] })
  })

  test('null removes what is there', async () => {
    expect(await set('a: { b: 1, c: 2 }', { flag: '--set', argument: 'a.b=null' })).toEqual({ a: { c: 2 } })
  })

  test('errors have columns, and all of them are told', async () => {
    const bad = [
      'name',
      'a,b=1',
      'a.=1',
      '=1',
      'a={x,y',
      'a={x}y',
      'a[x]=1',
      'a[-1]=1',
      'a[70000]=1',
      'a[0]b=1',
      '',
      'ok=1,.x=2,b[=3',
    ]
    const found = await Promise.all(
      bad.map(async (argument) =>
        [argument, ...((await set('{}', { flag: '--set', argument })) as string[])].join('\n  '),
      ),
    )
    expect(found.join('\n')).toMatchInlineSnapshot(`
      "name
        --set:1:1 set/value: a value is missing after name
      a,b=1
        --set:1:1 set/value: a value is missing after a
      a.=1
        --set:1:3 set/path: a key is missing here
      =1
        --set:1:1 set/path: a key is missing here
      a={x,y
        --set:1:3 set/list: this list is not closed
      a={x}y
        --set:1:6 set/list: after a list only a comma can follow
      a[x]=1
        --set:1:2 set/index: this is no index
      a[-1]=1
        --set:1:2 set/index: this is no index
      a[70000]=1
        --set:1:2 set/index: this is no index
      a[0]b=1
        --set:1:1 set/value: a \`.\`, \`[\` or \`=\` must follow a[0]

        --set:1:1 set/empty: nothing is set
      ok=1,.x=2,b[=3
        --set:1:6 set/path: a key is missing here
        --set:1:12 set/index: this is no index"
    `)
  })

  test('a path through something else is refused with both places', async () => {
    expect(await set('list: [a]\nmap: { x: 1 }', { flag: '--set', argument: 'map[0]=1,list.x=2' }))
      .toMatchInlineSnapshot(`
      [
        "--set:1:4 set/path: map is a map, and takes no index",
        "--set:1:15 set/path: list is a list, and takes an index: [0]",
      ]
    `)
  })

  test('never throws and always moves on', () => {
    const characters = fc.constantFrom('a', '.', '=', ',', '[', ']', '{', '}', '\\', '0', '9', ' ')
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 60 }), (text) => void parseSet(text, '--set', 1)),
    )
  })
})

describe('--set on a stack', () => {
  const text = `
services:
  api:
    image: app:1
    ports: { http: 8000 }
    health: { http: /healthz, every: 5s }
    env: { A: { secret: db, key: password }, "dotted.name": x }
secrets: { db: { password: { generate: 24 } } }
`
  const apply = (...args: string[]) =>
    resolvedStack(text, { set: args.map((argument) => ({ flag: '--set', argument })) })

  test('is applied last, in short or long form, and replaces exclusive members', async () => {
    const stack = await apply(
      'services.api.replicas=3',
      'services.api.health.exec={check,now}',
      'services.api.expose.http=local:9000',
      'services.api.env.A=text',
    )
    const api = stack.services.get('api')
    expect(api?.replicas).toBe(3)
    expect(api?.health?.readiness.check.kind).toBe('exec')
    expect(api?.health?.readiness.every).toBe(5000)
    expect(api?.expose.get('http')).toMatchObject({ kind: 'local', port: 9000 })
    expect(api?.env.get('A')?.kind).toBe('text')
  })

  test('an escaped dot reaches a key with dots', async () => {
    const stack = await apply('services.api.env.dotted\\.name=y')
    expect(stack.services.get('api')?.env.get('dotted.name')).toMatchObject({ text: { parts: ['y'] } })
  })

  test('a wrong value points at the flag', async () => {
    expect(
      await problemsOf(text, {
        set: [
          { flag: '--set', argument: 'services.api.replicas=3' },
          { flag: '--set', argument: 'services.api.replicas=many,services.api.replica=1' },
        ],
      }),
    ).toMatchInlineSnapshot(`
      "--set:2:23 error schema/bad-value: services.api.replicas must be a whole number from 0 to 10000, not the text "many"

      --set:2:41 error schema/unknown-key: services.api.replica is not a key that exists here
        hint: did you mean \`replicas\`?"
    `)
  })

  test('references work in values; the target is not set here', async () => {
    const stack = await apply('services.api.env.URL=http://${service.api.host}')
    expect(stack.services.get('api')?.env.get('URL')).toMatchObject({
      text: { parts: ['http://', { kind: 'service-host' }] },
    })
    expect(await problemsOf(text, { set: [{ flag: '--set', argument: 'target=kind' }] }))
      .toMatchInlineSnapshot(`
      "--set:1:1 error set/path: target cannot be set here
        hint: choose a target by --profile"
    `)
  })
})
