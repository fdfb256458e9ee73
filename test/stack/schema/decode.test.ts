import { describe, expect, it } from 'vitest'
import { mergedSchema, profileSchema } from '../../../src/stack/language/profile.ts'
import { stackSchema } from '../../../src/stack/language/stack.ts'
import type { SourceNode } from '../../../src/stack/node.ts'
import { anything, list, map, object, required } from '../../../src/stack/schema/build.ts'
import { decode } from '../../../src/stack/schema/decode.ts'
import { expandShortForms } from '../../../src/stack/schema/expand.ts'
import * as scalars from '../../../src/stack/schema/scalars.ts'
import type { Infer, Schema, Written } from '../../../src/stack/schema/types.ts'
import { mapScalars, replacedKeys, schemaUnder } from '../../../src/stack/schema/walk.ts'
import { parseSource } from '../../../src/stack/source.ts'

async function node(source: string): Promise<SourceNode> {
  const parsed = await parseSource('x.yaml', source)
  if (!parsed.ok) throw new Error(parsed.errors.map((each) => each.message).join('\n'))
  return parsed.value
}

describe('decode', () => {
  const schema = object('A thing.', {
    name: required(scalars.string('A name.')),
    'start-period': scalars.duration('A time.'),
    sizes: map('Sizes.', { expected: 'a key' }, scalars.bytes('A size.')),
    tags: list('Tags.', scalars.string('A tag.'), { mayBeSingle: true }),
    raw: anything('Anything.'),
  })

  it('gives camel-case keys, units as numbers, maps in the order of the file', async () => {
    const source =
      'name: 1.10\nstart-period: 1m30s\nsizes: { "9": 1Gi, "1": 512Mi }\ntags: [a]\nraw: { __proto__: { x: 1 }, y: [~, 2] }\n'
    const decoded = decode(schema, await node(source), { mode: 'resolved' })
    if (!decoded.ok) throw new Error('not ok')
    const { value } = decoded.value
    const typed: Infer<typeof schema> = value
    expect(typed.startPeriod).toBe(90_000)
    expect(typed.name).toBe('1.10')
    expect([...(typed.sizes ?? [])]).toEqual([
      ['9', 1024 ** 3],
      ['1', 512 * 1024 ** 2],
    ])
    expect(JSON.stringify(typed.raw)).toBe('{"__proto__":{"x":1},"y":[null,2]}')
    expect(Object.getPrototypeOf(typed.raw)).toBe(Object.prototype)
  })

  it('before interpolation a text with a reference may stand for any scalar; afterwards it may not', async () => {
    const parsed = await node('name: x\nstart-period: "${T}"\n')
    const before = decode(schema, parsed, { mode: 'source' })
    const written: Written<Infer<typeof schema>> | undefined = before.ok ? before.value.value : undefined
    expect(written?.startPeriod).toBe('${T}')
    const after = decode(schema, parsed, { mode: 'resolved' })
    expect(after.ok ? [] : after.errors.map(({ message, hint }) => `${message} | ${hint ?? ''}`))
      .toMatchInlineSnapshot(`
      [
        "start-period must be a duration such as 500ms, 2s, 1m30s or 8h, not the text "\${T}" | this reference is known only when things run, and is needed before",
      ]
    `)
  })

  it('remembers where everything was written', async () => {
    const source = 'name: x\nstart-period: 2s\nsizes:\n  big: 1Gi\ntags: [a, b]\n'
    const decoded = decode(schema, await node(source), { mode: 'resolved' })
    if (!decoded.ok) throw new Error('not ok')
    const { value, spanOf, keySpanOf } = decoded.value
    const { sizes = new Map(), tags = [] } = value
    const place = (span: { line: number; column: number } | undefined) =>
      span && `${String(span.line)}:${String(span.column)}`
    expect({
      scalar: place(spanOf(value, 'startPeriod')),
      map: place(spanOf(value, 'sizes')),
      mapValue: place(spanOf(sizes, 'big')),
      mapKey: place(keySpanOf(sizes, 'big')),
      item: place(spanOf(tags, 1)),
      absent: place(spanOf(value, 'raw')),
      foreign: place(spanOf({}, 'x')),
    }).toEqual({
      scalar: '2:15',
      map: '3:1',
      mapValue: '4:8',
      mapKey: '4:3',
      item: '5:11',
      absent: '1:1',
      foreign: undefined,
    })
  })

  it('an overlay needs nothing and may remove anything', async () => {
    const overlay = await node(
      'services: { db: null, api: { replicas: null, health: { every: 5s } } }\nnamespace: null\n',
    )
    const decoded = decode(profileSchema, expandShortForms(profileSchema, overlay), {
      mode: 'source',
      isOverlay: true,
    })
    expect(decoded.ok && [...(decoded.value.value.services ?? [])]).toEqual([
      ['db', null],
      ['api', { replicas: null, health: { every: 5000 } }],
    ])
  })
})

describe('every kind of scalar', () => {
  const kinds: Readonly<Record<string, Schema>> = {
    integer: scalars.integer('', { min: 0, max: 100 }),
    number: scalars.number(''),
    port: scalars.port(''),
    boolean: scalars.boolean(''),
    duration: scalars.duration(''),
    bytes: scalars.bytes(''),
    cpu: scalars.cpu(''),
    percent: scalars.percent(''),
    fileMode: scalars.fileMode(''),
    oneOf: scalars.oneOf(['always', 'no'], ''),
    string: scalars.string(''),
  }
  const inputs = [
    '0',
    '7',
    '"7"',
    '-1',
    '1.5',
    '1e3',
    '010',
    '70000',
    'true',
    '"true"',
    'yes',
    '2s',
    '1m30s',
    '500ms',
    '1.5h',
    '5 s',
    '512Mi',
    '1G',
    '5m',
    '250m',
    '0.25',
    '80%',
    '101%',
    '0644',
    '"0755"',
    '0o600',
    '644',
    'always',
    'no',
    'text',
    '~',
    '""',
  ]

  it('reads this and refuses that', async () => {
    const lines: string[] = []
    for (const [kind, schema] of Object.entries(kinds)) {
      const read: string[] = []
      for (const input of inputs) {
        const decoded = decode(object('', { x: schema }), await node(`x: ${input}\n`), { mode: 'resolved' })
        if (decoded.ok) read.push(`${input} → ${JSON.stringify((decoded.value.value as { x?: unknown }).x)}`)
      }
      lines.push(`${kind}: ${read.join(', ')}`)
    }
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "integer: 0 → 0, 7 → 7, "7" → 7
      number: 0 → 0, 7 → 7, "7" → 7, -1 → -1, 1.5 → 1.5, 1e3 → 1000, 010 → 10, 70000 → 70000, 0.25 → 0.25, 0644 → 644, "0755" → 755, 644 → 644
      port: 7 → 7, "7" → 7, 644 → 644
      boolean: true → true, "true" → true
      duration: 0 → 0, 2s → 2000, 1m30s → 90000, 500ms → 500, 1.5h → 5400000, 5m → 300000, 250m → 15000000
      bytes: 0 → 0, 7 → 7, "7" → 7, 010 → 10, 70000 → 70000, 512Mi → 536870912, 1G → 1000000000, 5m → 5242880, 250m → 262144000, 0644 → 644, "0755" → 755, 644 → 644
      cpu: 0 → 0, 7 → 7000, "7" → 7000, 1.5 → 1500, 010 → 10000, 70000 → 70000000, 5m → 5, 250m → 250, 0.25 → 250, 0644 → 644000, "0755" → 755000, 644 → 644000
      percent: 0 → 0, 7 → 7, "7" → 7, 010 → 10, 80% → 80
      fileMode: 0644 → 420, "0755" → 493, 0o600 → 384
      oneOf: always → "always", no → "no"
      string: 0 → "0", 7 → "7", "7" → "7", -1 → "-1", 1.5 → "1.5", 1e3 → "1e3", 010 → "010", 70000 → "70000", true → "true", "true" → "true", yes → "yes", 2s → "2s", 1m30s → "1m30s", 500ms → "500ms", 1.5h → "1.5h", 5 s → "5 s", 512Mi → "512Mi", 1G → "1G", 5m → "5m", 250m → "250m", 0.25 → "0.25", 80% → "80%", 101% → "101%", 0644 → "0644", "0755" → "0755", 0o600 → "0o600", 644 → "644", always → "always", no → "no", text → "text", "" → """
    `)
  })
})

describe('short forms', () => {
  it('become long forms, and every part keeps its place', async () => {
    const source = `name: todo
vars: { A: x }
images: { app: ./app }
services:
  api:
    image: app
    env: { A: b, P: { secret: s, key: k } }
    ports: { http: 8000 }
    expose: { http: local:8000 }
    needs: [db, cache]
    mounts: { /data: data, /src: ./src }
    process: npm start
    external: db.example.com
    update: recreate
  db: { needs: { api: started } }
volumes: { data: 8Gi }
configs: { c: [a.yaml, b.yaml] }
routes: { app: "api:http" }
smoke: { a: { http: "api:http/" }, b: { http: [ { get: "api:http/", expect: 200 } ] } }
`
    const parsed = await node(source)
    const expanded = expandShortForms(stackSchema, parsed)
    expect(flow(expanded)).toMatchInlineSnapshot(
      `"{ name: todo, vars: { A: { default: x } }, images: { app: { context: ./app } }, services: { api: { image: app, env: { A: { value: b }, P: { secret: s, key: k } }, ports: { http: { port: 8000 } }, expose: { http: local:8000 }, needs: { db: {  }, cache: {  } }, mounts: { /data: { volume: data }, /src: { bind: ./src } }, process: { run: npm start }, external: { host: db.example.com }, update: { strategy: recreate } }, db: { needs: { api: { is: started } } } }, volumes: { data: { size: 8Gi } }, configs: { c: { files: [a.yaml, b.yaml] } }, routes: { app: { to: api:http } }, smoke: { a: { http: [{ url: api:http/ }] }, b: { http: [{ get: api:http/, expect: { status: [200] } }] } } }"`,
    )
    const process = pick(expanded, 'services', 'api', 'process')
    expect(process?.span).toEqual({ file: 'x.yaml', line: 12, column: 14, length: 9 })
  })

  it('long forms stay the very same nodes', async () => {
    const parsed = await node(
      'name: todo\nservices: { api: { image: app, ports: { http: { port: 80 } } } }\n',
    )
    expect(expandShortForms(stackSchema, parsed)).toBe(parsed)
  })
})

describe('what merging asks of the schema', () => {
  const at = (...path: string[]) =>
    path.reduce<Schema | undefined>((schema, key) => schemaUnder(schema, empty, key), mergedSchema)
  const empty: SourceNode = { kind: 'map', entries: [], span: { file: '', line: 1, column: 1, length: 1 } }
  const replaced = (path: string[], base: string[], overlay: string[]) => [
    ...replacedKeys(at(...path), new Set(base), new Set(overlay)),
  ]

  it('an exclusive member replaces the other and its companions', () => {
    const health = ['services', 'api', 'health']
    expect(replaced(health, ['http', 'port', 'every'], ['tcp'])).toEqual([
      'http',
      'port',
      'scheme',
      'headers',
    ])
    expect(replaced(health, ['http', 'port'], ['port'])).toEqual([])
    expect(replaced(health, ['http', 'port'], ['http'])).toEqual([])
    expect(replaced(['services', 'api'], ['image', 'env'], ['external'])).toEqual(['image'])
    expect(replaced(['services', 'api', 'env', 'A'], ['secret', 'key'], ['value'])).toEqual(['secret', 'key'])
    expect(replaced(['services', 'api', 'env', 'A'], ['secret', 'key'], ['secret'])).toEqual([])
    expect(replaced(['services', 'api', 'mounts', '/a'], ['volume', 'sub-path'], ['bind'])).toEqual([
      'volume',
      'sub-path',
    ])
  })

  it('every scalar is visited with its schema', async () => {
    const seen: string[] = []
    const parsed = await node(
      'name: todo\nnotes: hi\nservices: { api: { replicas: 2, kubernetes: { patch: { a: [b] } } } }\n',
    )
    const same = mapScalars(mergedSchema, parsed, (scalar, schema) => {
      seen.push(
        `${scalar.text}: ${schema?.type.name ?? 'unknown'}${schema?.type.isText === true ? ', may hold references' : ''}`,
      )
      return scalar
    })
    expect(same).toBe(parsed)
    expect(seen).toEqual(['todo: name', 'hi: text, may hold references', '2: integer', 'b: unknown'])
  })
})

function flow(each: SourceNode): string {
  if (each.kind === 'scalar') return each.text
  if (each.kind === 'list') return `[${each.items.map(flow).join(', ')}]`
  return `{ ${each.entries.map(({ key, value }) => `${key}: ${flow(value)}`).join(', ')} }`
}

function pick(from: SourceNode, ...path: string[]): SourceNode | undefined {
  return path.reduce<SourceNode | undefined>(
    (each, key) =>
      each?.kind === 'map' ? each.entries.find((entry) => entry.key === key)?.value : undefined,
    from,
  )
}
