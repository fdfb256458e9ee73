import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { certsUsed, secretsUsed } from '../../src/content/consumers.ts'
import { createMaterials } from '../../src/content/materials.ts'
import { createRedactor } from '../../src/content/redact.ts'
import { runSecretCommand } from '../../src/content/secret-command.ts'
import type { ConfigFact } from '../../src/drivers/facts.ts'
import { openFolderMemory } from '../../src/memory/folder.ts'
import type { Mount, ResolvedStack } from '../../src/resolve/resolved.ts'
import { from, secretsOf, serviceOf, stackOf, textOf } from './stack.ts'

let state: string
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'materials-'))
})
afterEach(() => rm(state, { recursive: true, force: true }))

const mount = { path: '/x', isReadOnly: true, from, key: undefined, keys: undefined, mode: 0o400 }
const generate = { kind: 'generate', length: 16 } as const

/** Each secret is used in another way; `unused` is not, and could only be asked for. */
const stack: ResolvedStack = stackOf({
  root: '/',
  secrets: secretsOf({
    env: { a: generate },
    whole: { a: generate, b: generate },
    subset: { a: generate, b: generate },
    init: { a: generate },
    argument: { a: generate },
    template: { a: generate },
    build: { a: generate },
    unused: { a: { kind: 'prompt', message: 'Never ask me' } },
  }),
  certs: new Map(
    ['mounted', 'trusted', 'unused'].map((name) => {
      const leaf = { commonName: name, names: [name], ips: [], usage: 'server' } as const
      return [name, { name, leaves: new Map([[name, leaf]]), days: 365, from }]
    }),
  ),
  images: new Map([
    [
      'app',
      {
        name: 'app',
        context: '/',
        dockerfile: '/Dockerfile',
        target: undefined,
        args: new Map(),
        pre: [],
        test: undefined,
        platforms: [],
        cache: true,
        pull: false,
        network: undefined,
        secrets: new Map([['npm', { secret: 'build', key: 'a' }]]),
        ssh: false,
        registry: undefined,
        naming: undefined,
        tag: { kind: 'hash' },
        from,
      },
    ],
  ]),
  configs: new Map([['app', { name: 'app', sources: [], from }]]),
  services: new Map([
    [
      'api',
      serviceOf('api', {
        env: new Map([['A', { kind: 'secret', secret: 'env', key: 'a', from }]]),
        command: [textOf('--password=', { kind: 'secret', secret: 'argument', key: 'a' })],
        mounts: [
          { ...mount, kind: 'secret', secret: 'whole' },
          { ...mount, kind: 'secret', secret: 'subset', keys: ['b', 'not there'] },
          { ...mount, kind: 'config', config: 'app' },
          { ...mount, kind: 'cert', cert: 'mounted' },
        ] satisfies Mount[],
        init: [
          {
            name: 'prepare',
            image: undefined,
            entrypoint: undefined,
            command: undefined,
            env: new Map([['A', { kind: 'secret', secret: 'init', key: 'a', from }]]),
            process: undefined,
            timeout: 1000,
            from,
          },
        ],
      }),
    ],
  ]),
  smoke: [
    {
      name: 'healthy',
      timeout: 1000,
      tries: 1,
      from,
      check: {
        kind: 'http',
        steps: [
          {
            method: 'GET',
            url: { kind: 'absolute', url: textOf('https://x/') },
            scheme: 'https',
            headers: new Map(),
            body: undefined,
            tls: { ca: 'trusted', client: undefined, insecure: false },
            capture: new Map(),
            expect: {
              status: [200],
              json: new Map(),
              contains: [],
              equals: undefined,
              matches: undefined,
              headers: new Map(),
            },
            from,
          },
        ],
      },
    },
  ],
})

const configs = new Map<string, ConfigFact>([
  [
    'app',
    {
      files: [
        {
          path: 'x',
          content: { kind: 'text', text: textOf() },
          hash: '',
          secrets: [{ secret: 'template', key: 'a' }],
        },
      ],
    },
  ],
])

function open() {
  const redactor = createRedactor()
  const place = {
    stackName: 'todo',
    root: '/',
    instance: undefined,
    env: { IAMSTACK_STATE: state },
    platform: process.platform,
    home: '/',
  }
  const materials = createMaterials({
    stack,
    memory: openFolderMemory(place),
    env: {},
    readFile: () => Promise.resolve(undefined),
    runCommand: runSecretCommand,
    prompt: () => Promise.reject(new Error('asked for a secret that nobody uses')),
    redactor,
    report: () => undefined,
  })
  return { materials, redactor }
}

it('knows what a stack uses', () => {
  expect(secretsUsed(stack, configs).map(({ secret, key }) => `${secret}.${key}`)).toEqual([
    'env.a',
    'init.a',
    'whole.a',
    'whole.b',
    'subset.b',
    'template.a',
    'build.a',
    'argument.a',
  ])
  expect(certsUsed(stack)).toEqual(['mounted', 'trusted'])
})

it('to look writes nothing; to change makes what is used, once, and hides it', async () => {
  const first = open().materials
  expect(await first.secretFacts('look', configs)).toEqual(new Map())
  expect(await first.certFacts('look')).toEqual(new Map())
  expect(await readdir(state)).toEqual([])

  const facts = [await first.secretFacts('change', configs), await first.certFacts('change')]
  const second = open()
  expect([
    await second.materials.secretFacts('look', configs),
    await second.materials.certFacts('look'),
  ]).toEqual(facts)

  const third = open()
  await third.materials.recall()
  const value = await first.secret({ secret: 'env', key: 'a' })
  const key = (await first.cert('mounted')).get('mounted.key')?.bytes ?? new Uint8Array()
  expect(third.redactor.redact(`${value.exposeText()} ${Buffer.from(key).toString()}`)).toBe('*** ***')
  expect(
    JSON.stringify([facts.map((fact) => [...fact]), value]) + inspect(value) + String(value),
  ).not.toContain(value.exposeText())
})
