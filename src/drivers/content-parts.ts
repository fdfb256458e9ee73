import { digest } from '../plan/hash.ts'
import type { ResolvedStack, SecretKey } from '../resolve/resolved.ts'
import { renderText } from '../resolve/text.ts'
import { configsRead, declarationOf, type Consumer, type FilesRead } from './consumer.ts'
import type { ConfigFile, Facts } from './facts.ts'
import { secretsInEnvironment } from './inner-environment.ts'
import { lookupIn } from './inner-lookup.ts'

/** Eight hex digits: enough to tell two versions of one part apart, and forty parts fit a label. */
export function shortDigest(value: unknown): string {
  return digest(value).slice(0, 8)
}

/** A named digest; none where there is nothing to digest. */
export function part(name: string, ...values: readonly unknown[]): Record<string, string> {
  return values.every((value) => value === undefined) ? {} : { [name]: shortDigest(values) }
}

/** Several records of parts as one; of the same name the later counts. */
export function together(records: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  return Object.fromEntries(records.flatMap((each) => Object.entries(each)))
}

/**
 * A part for each config, secret and certificate that a consumer reads (`config app`, `secret db`), whether mounted or in the
 * environment. Files and keys that it does not read are not in them.
 */
export function contentParts(consumer: Consumer, stack: ResolvedStack, facts: Facts): Record<string, string> {
  const keys = new Map<string, SecretKey>()
  const addKey = (key: SecretKey): unknown => keys.set(`${key.secret}/${key.key}`, key)
  secretsInEnvironment(consumer, stack, facts).forEach(addKey)
  const parts: Record<string, string> = {}
  for (const mount of declarationOf(consumer).mounts) {
    if (mount.kind === 'cert') parts[`cert ${mount.cert}`] = facts.certs.get(mount.cert) ?? 'new'
    if (mount.kind === 'secret') {
      const all = [...(stack.secrets.get(mount.secret)?.keys.keys() ?? [])]
      const chosen = mount.key === undefined ? (mount.keys ?? all) : [mount.key]
      for (const key of chosen) addKey({ secret: mount.secret, key })
    }
  }
  for (const [config, read] of configsRead(consumer)) {
    const files = filesRead(config, read, facts)
    parts[`config ${config}`] = contentDigest(files, consumer, stack)
    for (const file of files) file.secrets.forEach(addKey)
  }
  const bySecret = new Map<string, string[]>()
  for (const [, { secret, key }] of [...keys].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const value = facts.secrets.get(secret)?.get(key) ?? 'new'
    bySecret.set(secret, [...(bySecret.get(secret) ?? []), `${key}=${value}`])
  }
  for (const [secret, values] of bySecret) parts[`secret ${secret}`] = shortDigest(values)
  return parts
}

function filesRead(config: string, read: FilesRead, facts: Facts): ConfigFile[] {
  return (facts.configs.get(config)?.files ?? []).filter(({ path }) => read?.has(path) ?? true)
}

/** What files say to this consumer: references count with what they mean to it, secrets as written. */
function contentDigest(files: readonly ConfigFile[], consumer: Consumer, stack: ResolvedStack): string {
  const lookup = lookupIn(stack, consumer.kind === 'service' ? consumer.service.ports : new Map())
  return shortDigest(
    files.map(({ path, hash, content }) => [
      path,
      hash,
      content.kind === 'text' ? renderText(content.text, lookup) : undefined,
    ]),
  )
}
