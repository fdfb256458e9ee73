import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRedactor } from '../../src/content/redact.ts'
import { runSecretCommand } from '../../src/content/secret-command.ts'
import { createSecretStore, type SecretOptions } from '../../src/content/secrets.ts'
import type { Memory } from '../../src/memory/memory.ts'
import type { StepError } from '../../src/plan/step-error.ts'
import type { SecretSource } from '../../src/resolve/resolved.ts'
import { StackError, type Diagnostic } from '../../src/stack/diagnostics.ts'
import { memoryOf, secretsOf, stackOf } from './stack.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secrets-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  return existsSync(path) ? readFile(path) : undefined
}

type Sources = Readonly<Record<string, Readonly<Record<string, SecretSource>>>>

/** A store over real files and commands; `ran` and `asked` count what must not happen while looking. */
function storeOf(sources: Sources, options: Partial<SecretOptions> & { memory?: Memory } = {}) {
  const told: Diagnostic[] = []
  const redactor = createRedactor()
  const memory = options.memory ?? memoryOf()
  const counts = { ran: 0, asked: 0 }
  const store = createSecretStore({
    stack: stackOf({ root: folder, secrets: secretsOf(sources) }),
    env: { DB_PASSWORD: 'iam59!z$', EMPTY: '' },
    readFile: readIfThere,
    runCommand: (command, cwd) => {
      counts.ran += 1
      return runSecretCommand(command, cwd)
    },
    prompt: (message) => {
      counts.asked += 1
      return Promise.resolve(`answer to ${message}`)
    },
    redactor,
    report: (diagnostic) => told.push(diagnostic),
    ...options,
    memory,
  })
  const text = async (secret: string, key: string) => (await store.value({ secret, key })).exposeText()
  return { store, redactor, memory, counts, told, text }
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as StepError,
  )

describe('S48: a value comes from', () => {
  it('the environment, a file, a command', async () => {
    await writeFile(join(folder, 'key'), 'line 1\nline 2\r\n')
    const { text, counts } = storeOf({
      db: {
        password: { kind: 'env', variable: 'DB_PASSWORD' },
        file: { kind: 'file', path: join(folder, 'key') },
        shell: { kind: 'command', command: 'printf "%s\\n" "$((40 + 2))-fourty-two"; pwd >/dev/null' },
        argv: { kind: 'command', command: ['printf', '%s', '$HOME is literal'] },
      },
    })
    expect(await text('db', 'password')).toBe('iam59!z$')
    expect(await text('db', 'file')).toBe('line 1\nline 2')
    expect(await text('db', 'shell')).toBe('42-fourty-two')
    expect(await text('db', 'argv')).toBe('$HOME is literal')
    await text('db', 'argv')
    expect(counts.ran).toBe(2)
  })

  it('ourselves, once: a second run has the same, whatever length is asked for then', async () => {
    const first = storeOf({ db: { password: { kind: 'generate', length: 24 } } })
    const made = await first.text('db', 'password')
    expect(made).toMatch(/^[A-Za-z0-9]{24}$/)
    const { memory } = first
    const again = storeOf({ db: { password: { kind: 'generate', length: 40 } } }, { memory })
    expect(await again.text('db', 'password')).toBe(made)
  })

  it('ourselves, many at once, each with its own', async () => {
    const keys = Array.from({ length: 20 }, (_, index) => `key${index}`)
    const sources = {
      db: Object.fromEntries(keys.map((key) => [key, { kind: 'generate', length: 8 } as const])),
    }
    const first = storeOf(sources)
    const made = await Promise.all([...keys, ...keys].map((key) => first.text('db', key)))
    expect(new Set(made).size).toBe(20)
    const again = storeOf(sources, { memory: first.memory })
    expect(await Promise.all([...keys, ...keys].map((key) => again.text('db', key)))).toEqual(made)
  })

  it('the terminal, one question after the other, and once', async () => {
    let open = 0
    const sources: Sources = {
      mail: {
        user: { kind: 'prompt', message: 'User?' },
        password: { kind: 'prompt', message: 'Password?' },
      },
    }
    const prompt = async (message: string) => {
      open += 1
      expect(open).toBe(1)
      await new Promise((resolve) => setTimeout(resolve, 5))
      open -= 1
      return `answer to ${message}`
    }
    const first = storeOf(sources, { prompt })
    expect(await Promise.all([first.text('mail', 'user'), first.text('mail', 'password')])).toEqual([
      'answer to User?',
      'answer to Password?',
    ])
    const again = storeOf(sources, { memory: first.memory, prompt: undefined })
    expect(await again.text('mail', 'password')).toBe('answer to Password?')
  })
})

it('says of all missing values at once where they are declared and what to do', async () => {
  const { store } = storeOf(
    {
      db: {
        unset: { kind: 'env', variable: 'NOT_SET' },
        empty: { kind: 'env', variable: 'EMPTY' },
        file: { kind: 'file', path: '/nowhere/key' },
        folder: { kind: 'file', path: '/' },
        ask: { kind: 'prompt', message: 'Password?' },
        cloud: { kind: 'store', reference: 'aws:todo/db#password' },
        silent: { kind: 'command', command: 'true' },
        absent: { kind: 'command', command: ['no-such-vault', 'read'] },
      },
    },
    { prompt: undefined },
  )
  const keys = ['unset', 'empty', 'file', 'folder', 'ask', 'cloud', 'silent', 'absent'].map((key) => ({
    secret: 'db',
    key,
  }))
  const error = await failureOf(store.fingerprints(keys, 'change'))
  expect([error?.kind, error?.message, ...(error?.evidence ?? [])].join('\n')).toMatchInlineSnapshot(`
    "precondition
    8 secrets have no value
    /todo/iamstack.yaml:1:1 secret db.unset has no value: the environment variable NOT_SET is not set (set NOT_SET, or give db.unset another source in this profile)
    /todo/iamstack.yaml:2:1 secret db.empty has no value: the environment variable EMPTY is empty (set EMPTY, or give db.empty another source in this profile)
    /todo/iamstack.yaml:3:1 secret db.file has no value: /nowhere/key is not there, or empty (write the value into that file, or give db.file another source in this profile, such as { env: NAME })
    /todo/iamstack.yaml:4:1 secret db.folder has no value: / cannot be read: EISDIR (make it a file that you may read, or give db.folder another source in this profile, such as { env: NAME })
    /todo/iamstack.yaml:5:1 secret db.ask has no value: it is asked for, and there is no terminal (run this once in a terminal, or give db.ask another source in this profile, such as { env: NAME })
    /todo/iamstack.yaml:6:1 secret db.cloud has no value: aws:todo/db#password lies in a cloud store, which needs the eks target (give db.cloud another source in this profile, such as { env: NAME })
    /todo/iamstack.yaml:7:1 secret db.silent has no value: its command printed nothing (run the command by hand to see why, or give db.silent another source in this profile, such as { env: NAME })
    /todo/iamstack.yaml:8:1 secret db.absent has no value: no-such-vault is not installed, or not on PATH (mend the command, or give db.absent another source in this profile, such as { env: NAME })"
  `)
})

it('of a failing command shows the exit code and what it said, never what it gave', async () => {
  const command = 'echo half-of-a-secret; echo "denied for iam59!z\\$" >&2; exit 3'
  const { store, text } = storeOf({
    db: { known: { kind: 'env', variable: 'DB_PASSWORD' }, vault: { kind: 'command', command } },
  })
  await text('db', 'known')
  const error = await failureOf(store.value({ secret: 'db', key: 'vault' }))
  expect(error?.message).toBe('secret db.vault has no value: its command ended with exit code 3')
  expect(error?.evidence).toEqual(['denied for ***'])
  expect(inspect(error, { depth: 10 })).not.toContain('half-of-a-secret')
})

it('has no value for a name that is not declared', async () => {
  const { store } = storeOf({ db: { password: { kind: 'generate', length: 8 } } })
  const error = await failureOf(store.value({ secret: 'db', key: 'pasword' }))
  expect(error).toBeInstanceOf(StackError)
  expect((error as unknown as StackError).diagnostics).toMatchObject([
    { code: 'secret/unknown', message: 'secret db has no key pasword', hint: 'did you mean `password`?' },
  ])
})

describe('fingerprints', () => {
  const sources: Sources = {
    db: {
      env: { kind: 'env', variable: 'DB_PASSWORD' },
      made: { kind: 'generate', length: 8 },
      ask: { kind: 'prompt', message: 'Password?' },
      command: { kind: 'command', command: 'echo hunter22' },
    },
  }
  const keys = ['env', 'made', 'ask', 'command'].map((key) => ({ secret: 'db', key }))

  it('to look never ask, run or write', async () => {
    const { store, memory, counts } = storeOf(sources)
    expect(await store.fingerprints(keys, 'look')).toEqual(new Map())
    expect(counts).toEqual({ ran: 0, asked: 0 })
    expect(await memory.list('')).toEqual([])
  })

  it('are the same to look and to change, and change with their value alone', async () => {
    const first = storeOf(sources)
    const before = await first.store.fingerprints(keys, 'change')
    const { memory } = first
    const second = storeOf(sources, { memory, prompt: undefined })
    expect(await second.store.fingerprints(keys, 'look')).toEqual(before)
    expect(second.counts.ran).toBe(0)
    const third = storeOf(sources, { memory, env: { DB_PASSWORD: 'another' } })
    const after = await third.store.fingerprints(keys, 'change')
    const changed = keys.filter(({ key }) => before.get('db')?.get(key) !== after.get('db')?.get(key))
    expect(changed).toEqual([{ secret: 'db', key: 'env' }])
  })

  it('tell nothing: another memory gives others, and equal values differ', async () => {
    const twice: Sources = {
      one: { a: { kind: 'env', variable: 'DB_PASSWORD' }, b: { kind: 'env', variable: 'DB_PASSWORD' } },
    }
    const both = ['a', 'b'].map((key) => ({ secret: 'one', key }))
    const here = [...((await storeOf(twice).store.fingerprints(both, 'change')).get('one')?.values() ?? [])]
    const there = [...((await storeOf(twice).store.fingerprints(both, 'change')).get('one')?.values() ?? [])]
    expect(new Set([...here, ...there]).size).toBe(4)
  })
})

describe('S54: what was read is hidden', () => {
  it('from then on', async () => {
    const { text, redactor } = storeOf({ db: { password: { kind: 'env', variable: 'DB_PASSWORD' } } })
    expect(redactor.redact('iam59!z$')).toBe('iam59!z$')
    await text('db', 'password')
    expect(redactor.redact('iam59!z$')).toBe('***')
  })

  it('and in another run as far as nobody must be asked', async () => {
    const sources: Sources = {
      db: {
        env: { kind: 'env', variable: 'DB_PASSWORD' },
        ask: { kind: 'prompt', message: 'Password?' },
        command: { kind: 'command', command: 'echo hunter22' },
        broken: { kind: 'command', command: 'exit 1' },
      },
    }
    const first = storeOf(sources)
    await first.text('db', 'ask')
    const { store, redactor, counts, told } = storeOf(sources, { memory: first.memory })
    await store.recall()
    expect(redactor.redact('iam59!z$ | answer to Password? | hunter22')).toBe('*** | *** | ***')
    expect(counts.asked).toBe(0)
    expect(told.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'secret/unhidden: secret db.broken has no value: its command ended with exit code 1; it cannot be hidden in what services write',
    ])
  })

  it('unless it is too short, which is said once', async () => {
    const { text, told } = storeOf({ db: { pin: { kind: 'command', command: 'echo 123' } } })
    await text('db', 'pin')
    await text('db', 'pin')
    expect(told.map(({ code, message, span }) => `${span?.line}: ${code}: ${message}`)).toEqual([
      '1: secret/short: secret db.pin has fewer than 4 characters and cannot be hidden in output',
    ])
  })
})
