import { createHmac, randomBytes } from 'node:crypto'
import type { Facts } from '../drivers/facts.ts'
import type { Memory } from '../memory/memory.ts'
import { StepError } from '../plan/step-error.ts'
import type { ResolvedStack, SecretKey } from '../resolve/resolved.ts'
import { errorAt, StackError, warningAt, type Diagnostic } from '../stack/diagnostics.ts'
import { didYouMean, nearest } from '../stack/schema/suggest.ts'
import { inTurn } from './in-turn.ts'
import type { Redactor } from './redact.ts'
import {
  allMissing,
  obtainSource,
  readSource,
  type DeclaredSecret,
  type SecretSurroundings,
} from './secret-source.ts'
import { SecretValue } from './secret-value.ts'

/** `look` writes nothing, asks nobody and runs nothing; `change` does what it needs. */
export type Purpose = 'look' | 'change'

export interface SecretStore {
  /** StepError when its source has no value, StackError when nothing of that name is declared. */
  readonly value: (key: SecretKey) => Promise<SecretValue>
  /**
   * A keyed digest of each value (HMAC-SHA256; the key lies in the target's memory and never leaves it). To `look`, a command
   * counts with what it gave last, and what has no value yet is absent. Throws one StepError for all values that are missing.
   */
  fingerprints(keys: readonly SecretKey[], purpose: Purpose): Promise<Facts['secrets']>
  /** Teaches the redactor every value that can be had without asking. For commands that pass on what services write. */
  recall(): Promise<void>
}

export interface SecretOptions extends Omit<SecretSurroundings, 'redact' | 'root'> {
  readonly stack: Pick<ResolvedStack, 'secrets' | 'root'>
  readonly memory: Pick<Memory, 'read' | 'write'>
  readonly redactor: Redactor
  /** Hears of values that are too short to be hidden, once each. */
  readonly report: (diagnostic: Diagnostic) => void
}

/** What is kept of one key: a value that only we know, or the digest of what its command gave last. */
interface Kept {
  readonly kind: 'generate' | 'prompt' | 'command'
  readonly value?: string
  readonly fingerprint?: string
}

const hashKey = 'hash-key'

/**
 * Values come from their sources once per run. Generated and prompted ones are kept in the memory and never made anew by
 * themselves, whatever else of their declaration changes: a data base would go on with the old one.
 */
export function createSecretStore(options: SecretOptions): SecretStore {
  const { stack, memory, redactor, report } = options
  const around = { ...options, root: stack.root, redact: redactor.redact }
  const obtained = new Map<string, Promise<SecretValue>>()
  const told = new Set<string>()
  const onTerminal = inTurn()
  const writing = inTurn()

  function learn({ secret, key, from }: DeclaredSecret, value: SecretValue): SecretValue {
    const name = `${secret}.${key}`
    if (!redactor.learn(value.expose()) && !told.has(name)) {
      told.add(name)
      const message = `secret ${name} has fewer than 4 characters and cannot be hidden in output`
      report(warningAt('secret/short', message, from, 'choose a longer one'))
    }
    return value
  }

  function value(wanted: SecretKey): Promise<SecretValue> {
    const name = `${wanted.secret}/${wanted.key}`
    let asked = obtained.get(name)
    if (!asked) {
      asked = obtain(wanted)
      obtained.set(name, asked)
      // What failed is tried again when asked for again: the user may have mended it meanwhile.
      asked.catch(() => obtained.delete(name))
    }
    return asked
  }

  async function obtain(wanted: SecretKey): Promise<SecretValue> {
    const declared = declaredSecret(stack, wanted)
    const { kind } = declared.source
    if (kind !== 'generate' && kind !== 'prompt') return learn(declared, await obtainSource(declared, around))
    const kept = await keptValue(declared)
    if (kept) return kept
    const make = () => obtainSource(declared, around)
    const made = learn(declared, await (kind === 'prompt' ? onTerminal(make) : make()))
    await keep(declared, { kind, value: made.exposeText() })
    return made
  }

  async function keptValue(declared: DeclaredSecret): Promise<SecretValue | undefined> {
    const kept = (await readKept(declared.secret))[declared.key]
    return kept?.kind === declared.source.kind && kept.value !== undefined
      ? learn(declared, SecretValue.ofText(kept.value))
      : undefined
  }

  async function readKept(secret: string): Promise<Readonly<Record<string, Kept>>> {
    return ((await memory.read(`secrets/${secret}`)) ?? {}) as Record<string, Kept>
  }

  function keep({ secret, key }: SecretKey, kept: Kept): Promise<void> {
    return writing(async () =>
      memory.write(`secrets/${secret}`, { ...(await readKept(secret)), [key]: kept }),
    )
  }

  /** The value as far as looking can tell. */
  async function look(declared: DeclaredSecret): Promise<SecretValue | undefined> {
    const read = await readSource(declared, around)
    return read ? learn(declared, read) : keptValue(declared)
  }

  async function fingerprints(keys: readonly SecretKey[], purpose: Purpose): Promise<Facts['secrets']> {
    const hash = await hasher(purpose)
    if (!hash) return new Map()
    const digests = await Promise.all(keys.map((key) => fingerprint(key, purpose, hash)))
    const errors = digests.filter((digest) => digest instanceof StepError)
    if (errors.length > 0) throw allMissing(errors)
    const found = new Map<string, Map<string, string>>()
    for (const [index, { secret, key }] of keys.entries()) {
      const digest = digests[index]
      if (typeof digest !== 'string') continue
      found.set(secret, (found.get(secret) ?? new Map<string, string>()).set(key, digest))
    }
    return found
  }

  async function fingerprint(
    key: SecretKey,
    purpose: Purpose,
    hash: Hash,
  ): Promise<string | StepError | undefined> {
    const declared = declaredSecret(stack, key)
    try {
      return await (purpose === 'look' ? seen(declared, hash) : made(declared, hash))
    } catch (error) {
      if (error instanceof StepError) return error
      throw error
    }
  }

  async function seen(declared: DeclaredSecret, hash: Hash): Promise<string | undefined> {
    const value = await look(declared)
    if (value) return hash(declared, value)
    const kept = (await readKept(declared.secret))[declared.key]
    return kept?.kind === declared.source.kind ? kept.fingerprint : undefined
  }

  async function made(declared: DeclaredSecret, hash: Hash): Promise<string> {
    const fingerprint = hash(declared, await value(declared))
    if (declared.source.kind === 'command') {
      const kept = (await readKept(declared.secret))[declared.key]
      if (kept?.fingerprint !== fingerprint) await keep(declared, { kind: 'command', fingerprint })
    }
    return fingerprint
  }

  type Hash = (key: SecretKey, value: SecretValue) => string

  /** Undefined to `look` before anything was made: there is nothing that could be compared. */
  async function hasher(purpose: Purpose): Promise<Hash | undefined> {
    let key = await memory.read(hashKey)
    if (typeof key !== 'string') {
      if (purpose === 'look') return undefined
      key = randomBytes(32).toString('hex')
      await memory.write(hashKey, key)
    }
    const bytes = Buffer.from(String(key), 'hex')
    return (named, value) =>
      createHmac('sha256', bytes)
        .update(`${named.secret}\0${named.key}\0`)
        .update(value.expose())
        .digest('hex')
        .slice(0, 32)
  }

  async function recall(): Promise<void> {
    await Promise.all(
      allDeclared(stack).map(async (declared) => {
        const known = declared.source.kind === 'command' ? value(declared) : look(declared)
        await known.catch((error: unknown) => report(unhidden(declared, error)))
      }),
    )
  }

  return { value, fingerprints, recall }
}

function allDeclared(stack: Pick<ResolvedStack, 'secrets'>): DeclaredSecret[] {
  return [...stack.secrets.values()].flatMap(({ name, keys }) =>
    [...keys].map(([key, { source, from }]) => ({ secret: name, key, source, from })),
  )
}

function declaredSecret(stack: Pick<ResolvedStack, 'secrets'>, { secret, key }: SecretKey): DeclaredSecret {
  const declaration = stack.secrets.get(secret)
  const found = declaration?.keys.get(key)
  if (found) return { secret, key, ...found }
  const near = nearest(declaration ? key : secret, declaration?.keys.keys() ?? stack.secrets.keys())
  const message = declaration ? `secret ${secret} has no key ${key}` : `there is no secret ${secret}`
  const hint = near === undefined ? undefined : didYouMean(near)
  throw new StackError([errorAt('secret/unknown', message, declaration?.from, hint)])
}

function unhidden({ from }: DeclaredSecret, error: unknown): Diagnostic {
  if (!(error instanceof StepError)) throw error
  return warningAt('secret/unhidden', `${error.message}; it cannot be hidden in what services write`, from)
}
