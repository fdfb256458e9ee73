import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { generatedFiles } from '../../src/stack/generated.ts'
import { jsonSchema } from '../../src/stack/json-schema.ts'
import { defaults } from '../../src/stack/language/defaults.ts'
import { profileSchema } from '../../src/stack/language/profile.ts'
import { stackSchema } from '../../src/stack/language/stack.ts'
import { parseExposure, parseServiceUrl, parseTarget } from '../../src/stack/language/values.ts'
import { loadProfiles } from '../../src/stack/load-profile.ts'
import { readBytes, readDuration } from '../../src/stack/schema/quantities.ts'
import type { ObjectSchema, Schema } from '../../src/stack/schema/types.ts'
import { load, reader, report, text } from './files.ts'

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')

describe('the language', () => {
  it('accepts its own example, stack and profile', async () => {
    const answer = await report(fixture('example.yaml'))
    // The example speaks of a service that its page does not show.
    expect(answer.split('\n').filter((line) => line.startsWith('iamstack.yaml'))).toMatchInlineSnapshot(`
      [
        "iamstack.yaml:77:31 error check/unknown-service: there is no service \`ctl\`",
      ]
    `)
    const files = { 'profiles/eks.yaml': fixture('eks.yaml') }
    const profile = await loadProfiles(
      { entry: '/stack/iamstack.yaml', roots: ['/stack'] },
      ['eks'],
      reader(files),
    )
    expect(profile.ok ? 'ok' : text(profile.errors, files)).toBe('ok')
  })

  it('every key has a sentence, and every foreign word leads to a key that exists', () => {
    const missing: string[] = []
    visit(stackSchema, 'stack', (schema, path) => {
      if (!/^[A-Z`].*\.$/s.test(schema.doc)) missing.push(`${path}: ${schema.doc}`)
    })
    expect(missing).toEqual([])
    const wrong: string[] = []
    const check = (schema: Schema, path: string) => {
      if (schema.kind !== 'object') return
      for (const [word, cure] of Object.entries(schema.words ?? {})) {
        if (schema.properties.has(word)) wrong.push(`${path}: ${word} is a key of ours`)
        const named = /^write `([a-z-]+)/.exec(cure)?.[1]
        if (named !== undefined && !schema.properties.has(named)) wrong.push(`${path}: ${word} → ${named}`)
      }
    }
    visit(stackSchema, 'stack', check)
    visit(profileSchema, 'profile', check)
    expect(wrong).toEqual([])
  })

  it('the table of defaults says what the specification says', () => {
    expect(
      [
        defaults.health.every,
        defaults.health.timeout,
        defaults.health.startPeriod,
        defaults.update.timeout,
        defaults.stop.grace,
      ].map(readDuration),
    ).toEqual([2000, 3000, 30_000, 120_000, 10_000])
    expect([defaults.expose, defaults.health.retries, defaults.gateway.port, defaults.smoke.tries]).toEqual([
      'internal',
      3,
      8080,
      3,
    ])
    expect(readBytes('5m')).toBe(5 * 1024 ** 2)
  })

  it('values that say two things', () => {
    expect(
      ['none', 'local', 'local:8000', 'load-balancer:80', 'todo.localhost/api', '/api', 'todo.localhost'].map(
        parseExposure,
      ),
    ).toEqual([
      { kind: 'none' },
      { kind: 'local' },
      { kind: 'local', port: 8000 },
      { kind: 'load-balancer', port: 80 },
      { kind: 'route', host: 'todo.localhost', path: '/api' },
      { kind: 'route', path: '/api' },
      { kind: 'route', host: 'todo.localhost', path: '/' },
    ])
    expect([
      parseTarget('api:http'),
      parseTarget('http://x'),
      parseServiceUrl('api:http?x=1'),
      parseServiceUrl('https://a/b'),
    ]).toEqual([
      { service: 'api', port: 'http' },
      undefined,
      { service: 'api', port: 'http', path: '?x=1' },
      undefined,
    ])
  })
})

describe('what is generated from the schema', () => {
  it('is in docs/reference and not stale (else: node scripts/generate.mjs)', () => {
    for (const [name, content] of generatedFiles()) {
      const published = readFileSync(new URL(`../../docs/reference/${name}`, import.meta.url), 'utf8')
      expect(published === content, `docs/reference/${name} is stale: run node scripts/generate.mjs`).toBe(
        true,
      )
    }
  })

  it('every reference inside the JSON Schemas leads somewhere', () => {
    for (const file of ['stack', 'profile'] as const) {
      const schema = jsonSchema(file)
      const named = [...JSON.stringify(schema).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)].map(
        (match) => match[1] ?? '',
      )
      expect(named.length).toBeGreaterThan(50)
      const definitions = schema['definitions'] as object
      expect(named.filter((name) => !(name in definitions))).toEqual([])
    }
  })

  it('a service in the JSON Schema of a stack', () => {
    const definitions = jsonSchema('stack')['definitions'] as Record<
      string,
      { properties: Record<string, unknown> }
    >
    expect(definitions['services.NAME']?.properties['replicas']).toMatchInlineSnapshot(`
      {
        "anyOf": [
          {
            "maximum": 10000,
            "minimum": 0,
            "type": "integer",
          },
          {
            "$ref": "#/definitions/reference",
          },
        ],
        "default": 1,
        "description": "How many.",
      }
    `)
    expect(definitions['services.NAME']?.properties['ports']).toMatchInlineSnapshot(`
      {
        "additionalProperties": {
          "anyOf": [
            {
              "$ref": "#/definitions/services.NAME.ports.NAME",
            },
            {
              "maximum": 65535,
              "minimum": 1,
              "type": "integer",
            },
            {
              "$ref": "#/definitions/reference",
            },
          ],
          "description": "One port.",
        },
        "description": "The ports the program listens on, by name.",
        "examples": [
          {
            "http": 8000,
            "metrics": {
              "port": 9100,
              "protocol": "tcp",
            },
          },
        ],
        "propertyNames": {
          "pattern": "^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*$",
        },
        "type": "object",
      }
    `)
  })
})

describe('garbage', () => {
  it('of the right syntax never throws and never goes unanswered', async () => {
    const word = fc.constantFrom(
      'name',
      'services',
      'image',
      'api',
      'db',
      'env',
      'ports',
      'health',
      'http',
      'mounts',
      'needs',
      'smoke',
      'secrets',
      'x',
    )
    const tree = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom(null, 1, -1, 1e30, true, '', 'api', 'db:x', '${X}', '8080:80', '../x', '\u001b[31m'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(word, tie('value'), { maxKeys: 5 }),
      ),
    })).value
    await fc.assert(
      fc.asyncProperty(fc.dictionary(word, tree), async (value) => {
        const source = JSON.stringify({ name: 'x', services: value, ...value })
        const result = await load(source)
        const found = result.ok ? result.warnings : result.errors
        expect(result.ok || found.length > 0).toBe(true)
        // What is printed cannot steer a terminal.
        expect(text(found, { 'iamstack.yaml': source })).not.toContain('\u001b')
      }),
      { numRuns: 500 },
    )
  })
})

function visit(
  schema: Schema,
  path: string,
  each: (schema: Schema, path: string) => void,
  seen = new Set<ObjectSchema['properties']>(),
): void {
  each(schema, path)
  switch (schema.kind) {
    case 'object':
      if (seen.has(schema.properties)) return
      seen.add(schema.properties)
      for (const [key, property] of schema.properties) visit(property.schema, `${path}.${key}`, each, seen)
      return
    case 'map':
      visit(schema.value, `${path}.NAME`, each, seen)
      return
    case 'list':
      visit(schema.item, `${path}[]`, each, seen)
      return
    case 'forms':
      for (const alternative of [schema.scalar, schema.list, schema.map])
        if (alternative) visit(alternative, path, each, seen)
      return
    case 'scalar':
    case 'anything':
      return
    default:
      schema satisfies never
  }
}
