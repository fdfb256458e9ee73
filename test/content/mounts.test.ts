import { describe, expect, it } from 'vitest'
import { resolveEnvironment } from '../../src/content/environment.ts'
import type { Materials } from '../../src/content/materials.ts'
import { fillMount, type ContentMount } from '../../src/content/mounts.ts'
import { SecretValue } from '../../src/content/secret-value.ts'
import type { ConfigFile, Facts } from '../../src/drivers/facts.ts'
import { referenceAsWritten, type Reference, type Text } from '../../src/resolve/text.ts'
import type { StackError } from '../../src/stack/diagnostics.ts'
import { from, plainText, secretsOf, stackOf, textOf } from './stack.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const textFile = (path: string, text: Text): ConfigFile => ({
  path,
  content: { kind: 'text', text },
  hash: '',
  secrets: [],
})

const facts: Facts = {
  images: new Map(),
  configs: new Map([
    [
      'app',
      {
        files: [
          textFile('api.yaml', textOf('host: ', { kind: 'service-host', service: 'db' })),
          textFile('db.url', textOf('db://:', { kind: 'secret', secret: 'db', key: 'password' })),
          {
            path: 'sub/logo.png',
            content: { kind: 'bytes', bytes: Uint8Array.of(0, 1) },
            hash: '',
            secrets: [],
          },
        ],
      },
    ],
    ['vars', { files: [textFile('LEVEL', plainText('info', from)), textFile('PORT', plainText('1', from))] }],
  ]),
  secrets: new Map(),
  certs: new Map(),
  ports: new Map(),
  sources: new Map(),
  manifests: [],
  charts: new Map(),
}

const materials: Materials = {
  secret: ({ secret, key }) => Promise.resolve(SecretValue.ofText(`<${secret}.${key}>`)),
  cert: () =>
    Promise.resolve(
      new Map([
        ['ca.crt', { bytes: bytes('ca'), isSecret: false }],
        ['api.key', { bytes: bytes('key'), isSecret: true }],
      ]),
    ),
}

const source = { kind: 'generate', length: 8 } as const
const context = {
  stack: stackOf({ secrets: secretsOf({ db: { password: source, root: source } }) }),
  facts,
  materials,
  lookup: (reference: Reference) => `[${referenceAsWritten(reference)}]`,
}

const common = { path: '/etc/app', isReadOnly: true, from, key: undefined, keys: undefined }

async function fill(mount: ContentMount): Promise<string[]> {
  const files = await fillMount(mount, context)
  return files.map(
    ({ path, bytes, mode, isSecret }) =>
      `${path || '.'} ${mode.toString(8)} ${Buffer.from(bytes).toString('latin1')}${isSecret ? ' (secret)' : ''}`,
  )
}

describe('S43, S49: a mount holds', () => {
  it('every file of a config, rendered for its consumer; one that reads a secret is one', async () => {
    expect(await fill({ ...common, kind: 'config', config: 'app', mode: 0o644 })).toEqual([
      'api.yaml 644 host: [service.db.host]',
      'db.url 400 db://:<db.password> (secret)',
      'sub/logo.png 644 \x00\x01',
    ])
  })

  it('one file in its own place, or the keys that are asked for', async () => {
    expect(await fill({ ...common, kind: 'config', config: 'app', key: 'api.yaml', mode: 0o600 })).toEqual([
      '. 600 host: [service.db.host]',
    ])
    expect(await fill({ ...common, kind: 'secret', secret: 'db', keys: ['root'], mode: 0o400 })).toEqual([
      'root 400 <db.root> (secret)',
    ])
    expect(await fill({ ...common, kind: 'secret', secret: 'db', mode: 0o440 })).toEqual([
      'password 440 <db.password> (secret)',
      'root 440 <db.root> (secret)',
    ])
  })

  it('certificates that everybody may read and keys that nobody else may', async () => {
    expect(await fill({ ...common, kind: 'cert', cert: 'todo', mode: 0o400 })).toEqual([
      'ca.crt 444 ca',
      'api.key 400 key (secret)',
    ])
  })

  it('nothing that does not exist, and all such keys are named', async () => {
    const filling = fill({
      ...common,
      kind: 'secret',
      secret: 'db',
      keys: ['pasword', 'x', 'root'],
      mode: 0o400,
    })
    const error = await filling.then(
      () => undefined,
      (reason: unknown) => reason as StackError,
    )
    expect(error?.diagnostics.map(({ message, hint }) => `${message}: ${hint}`)).toEqual([
      'secret db has no key pasword: did you mean `password`?',
      'secret db has no key x: it has password, root',
    ])
  })
})

describe('S53: an environment', () => {
  const environmentOf = async (owner: Parameters<typeof resolveEnvironment>[0]) => {
    const { values, secretNames } = await resolveEnvironment(owner, context)
    return [...values].map(([name, value]) => `${name}=${value}${secretNames.has(name) ? ' (secret)' : ''}`)
  }

  it('is made of whole configs and secrets, then of single values, and the later wins', async () => {
    const env = new Map([
      ['PORT', { kind: 'text', text: textOf({ kind: 'service-port', service: 'db', port: 'sql' }), from }],
      ['URL', { kind: 'text', text: textOf('db://', { kind: 'secret', secret: 'db', key: 'root' }), from }],
      ['PASSWORD', { kind: 'secret', secret: 'db', key: 'password', from }],
      ['CONFIG', { kind: 'config', config: 'app', key: 'api.yaml', from }],
      ['db_root', { kind: 'text', text: plainText('plain', from), from }],
    ] as const)
    const envFrom = [
      { kind: 'config', name: 'vars', prefix: 'APP_', from },
      { kind: 'config', name: 'vars', prefix: '', from },
      { kind: 'secret', name: 'db', prefix: 'db_', from },
    ] as const
    expect(await environmentOf({ env, envFrom })).toEqual([
      'APP_LEVEL=info',
      'APP_PORT=1',
      'LEVEL=info',
      'PORT=[service.db.port.sql]',
      'db_password=<db.password> (secret)',
      'db_root=plain',
      'URL=db://<db.root> (secret)',
      'PASSWORD=<db.password> (secret)',
      'CONFIG=host: [service.db.host]',
    ])
  })

  it('holds what the target knows of the replica, if it does', async () => {
    const owner = { env: new Map([['POD', { kind: 'field', field: 'name', from }] as const]) }
    const { values } = await resolveEnvironment(owner, { ...context, field: (name) => `the ${name}` })
    expect([...values]).toEqual([['POD', 'the name']])
    await expect(environmentOf(owner)).rejects.toThrow('POD: name is not known on this target')
  })

  it('cannot be made of bytes, of file names, or of keys that are not there', async () => {
    const failure = (owner: Parameters<typeof resolveEnvironment>[0]) =>
      environmentOf(owner).catch((error: unknown) => (error as StackError).message)
    const value = (key: string) => ({
      env: new Map([['X', { kind: 'config', config: 'app', key, from }] as const]),
    })
    expect(await failure(value('sub/logo.png'))).toBe(
      'sub/logo.png is no text, and a variable can hold nothing else',
    )
    expect(await failure(value('api.yml'))).toBe('config app has no key api.yml')
    expect(
      await failure({ env: new Map(), envFrom: [{ kind: 'config', name: 'app', prefix: '', from }] }),
    ).toBe('config app has sub/logo.png, which cannot be the name of a variable')
  })
})
