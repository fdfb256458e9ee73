import { X509Certificate } from 'node:crypto'
import type { Facts } from '../drivers/facts.ts'
import type { Memory } from '../memory/memory.ts'
import { digest } from '../plan/hash.ts'
import type { Cert, CertLeaf, ResolvedStack } from '../resolve/resolved.ts'
import { errorAt, StackError } from '../stack/diagnostics.ts'
import { didYouMean, nearest } from '../stack/schema/suggest.ts'
import { inTurn } from './in-turn.ts'
import { makeAuthority, makeLeaf, type KeyPair } from './make-cert.ts'
import type { Materials } from './materials.ts'
import type { Redactor } from './redact.ts'
import type { Purpose } from './secrets.ts'

export interface CertStore {
  /** Makes what is not there yet or due; see `Materials.cert`. */
  readonly files: Materials['cert']
  /** A digest of the certificates of each name. To `look`, those that are not made yet or due for renewal are absent. */
  digests(names: readonly string[], purpose: Purpose): Promise<Facts['certs']>
  /** Teaches the redactor the keys that are kept. */
  recall(): Promise<void>
}

export interface CertOptions {
  readonly stack: Pick<ResolvedStack, 'certs'>
  readonly memory: Pick<Memory, 'read' | 'write'>
  readonly redactor: Pick<Redactor, 'learn'>
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** What the memory keeps of one cert: its authority and each leaf with the declaration that it was made for. */
interface KeptCert {
  readonly authority: KeyPair
  readonly leaves: Readonly<Record<string, KeyPair & { readonly declaration: string }>>
}

/**
 * Certificates are made once and kept. A leaf is made anew when a third of its life is left or its declaration changed, an
 * authority, and all leaves with it, when a third of its own is left: whoever trusts it has years to notice.
 */
export function createCertStore({ stack, memory, redactor, now }: CertOptions): CertStore {
  const turn = inTurn()

  async function files(name: string): ReturnType<Materials['cert']> {
    const cert = declared(stack, name)
    // One after the other: two consumers of a new cert must get the same.
    const { authority, leaves } = await turn(() => current(cert))
    const encoder = new TextEncoder()
    return new Map([
      ['ca.crt', { bytes: encoder.encode(authority.cert), isSecret: false }],
      ...Object.entries(leaves).flatMap(
        ([leaf, pair]): [string, { bytes: Uint8Array; isSecret: boolean }][] => [
          [`${leaf}.crt`, { bytes: encoder.encode(pair.cert), isSecret: false }],
          [`${leaf}.key`, { bytes: encoder.encode(pair.key), isSecret: true }],
        ],
      ),
    ])
  }

  async function current(cert: Cert): Promise<KeptCert> {
    const kept = await read(cert.name)
    const isAuthorityGood = kept !== undefined && !isDue(kept.authority, now())
    const authority = isAuthorityGood ? kept.authority : await makeAuthority(cert.name, now())
    const leaves: Record<string, KeptCert['leaves'][string]> = {}
    for (const [name, leaf] of cert.leaves) {
      const good = isAuthorityGood ? goodLeaf(kept, cert, name, leaf) : undefined
      leaves[name] = good ?? {
        ...(await makeLeaf(authority, leaf, cert.days, now())),
        declaration: declarationOf(cert, leaf),
      }
    }
    const made = { authority, leaves }
    if (!kept || digest(kept) !== digest(made)) await memory.write(`certs/${cert.name}`, made)
    learn(made)
    return made
  }

  function goodLeaf(
    kept: KeptCert,
    cert: Cert,
    name: string,
    leaf: CertLeaf,
  ): KeptCert['leaves'][string] | undefined {
    const pair = kept.leaves[name]
    return pair?.declaration === declarationOf(cert, leaf) && !isDue(pair, now()) ? pair : undefined
  }

  async function digests(names: readonly string[], purpose: Purpose): Promise<Facts['certs']> {
    const found = new Map<string, string>()
    for (const name of names) {
      const cert = declared(stack, name)
      const kept = purpose === 'change' ? await turn(() => current(cert)) : await good(cert)
      if (kept) found.set(name, digestOf(kept))
    }
    return found
  }

  /** Undefined when anything of it would have to be made. */
  async function good(cert: Cert): Promise<KeptCert | undefined> {
    const kept = await read(cert.name)
    if (!kept || isDue(kept.authority, now())) return undefined
    const isGood = [...cert.leaves].every(([name, leaf]) => goodLeaf(kept, cert, name, leaf) !== undefined)
    return isGood && Object.keys(kept.leaves).every((name) => cert.leaves.has(name)) ? kept : undefined
  }

  async function read(name: string): Promise<KeptCert | undefined> {
    const kept = (await memory.read(`certs/${name}`)) as KeptCert | undefined
    if (kept) learn(kept)
    return kept
  }

  function learn({ authority, leaves }: KeptCert): void {
    for (const { key } of [authority, ...Object.values(leaves)]) redactor.learn(key)
  }

  async function recall(): Promise<void> {
    for (const name of stack.certs.keys()) await read(name)
  }

  return { files, digests, recall }
}

/** Public parts only: every key belongs to one certificate. */
function digestOf({ authority, leaves }: KeptCert): string {
  return digest([authority.cert, Object.entries(leaves).map(([name, { cert }]) => [name, cert])])
}

function declarationOf({ days }: Cert, leaf: CertLeaf): string {
  return digest({ ...leaf, days })
}

/** A third of its life, or less, is left. */
function isDue({ cert }: KeyPair, now: number): boolean {
  const { validFrom, validTo } = new X509Certificate(cert)
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)]
  return to - now <= (to - from) / 3
}

function declared(stack: Pick<ResolvedStack, 'certs'>, name: string): Cert {
  const cert = stack.certs.get(name)
  if (cert) return cert
  const near = nearest(name, stack.certs.keys())
  const hint = near === undefined ? undefined : didYouMean(near)
  throw new StackError([errorAt('cert/unknown', `there is no cert ${name}`, undefined, hint)])
}
