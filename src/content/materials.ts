import type { Facts } from '../drivers/facts.ts'
import type { ResolvedStack, SecretKey } from '../resolve/resolved.ts'
import { createCertStore } from './certs.ts'
import { certsUsed, secretsUsed } from './consumers.ts'
import { createSecretStore, type Purpose, type SecretOptions } from './secrets.ts'
import type { SecretValue } from './secret-value.ts'

/**
 * The step that needs a value asks here, and nobody before it: secrets and certificates by reference. Every value that is handed
 * out is known to the redactor first, so it cannot appear in anything that passes through us afterwards.
 */
export interface Materials {
  /** StepError when the source has no value (`env` unset, file missing, command failed, prompt without a terminal). */
  secret(key: SecretKey): Promise<SecretValue>
  /** Every file of a cert mount by name: `ca.crt`, `<leaf>.crt`, `<leaf>.key`. Keys are secret. */
  cert(name: string): Promise<ReadonlyMap<string, { readonly bytes: Uint8Array; readonly isSecret: boolean }>>
}

/** Materials with what must be known of them before anybody needs a value. */
export interface MaterialStore extends Materials {
  /** Keyed digests of the secrets that the stack uses. To `change`, one StepError tells all values that are missing. */
  secretFacts(purpose: Purpose, configs: Facts['configs']): Promise<Facts['secrets']>
  /** Digests of the certificates that the stack uses; to `look`, those in need of renewal are absent. */
  certFacts(purpose: Purpose): Promise<Facts['certs']>
  /** Teaches the redactor every value that can be had without asking, for commands that pass on what services write. */
  recall(): Promise<void>
}

export interface MaterialOptions extends Omit<SecretOptions, 'stack'> {
  readonly stack: ResolvedStack
  /** Epoch milliseconds; default: the clock. */
  readonly now?: () => number
}

export function createMaterials(options: MaterialOptions): MaterialStore {
  const { stack, now = Date.now } = options
  const secrets = createSecretStore(options)
  const certs = createCertStore({ ...options, now })
  return {
    secret: secrets.value,
    cert: certs.files,
    secretFacts: (purpose, configs) => secrets.fingerprints(secretsUsed(stack, configs), purpose),
    certFacts: (purpose) => certs.digests(certsUsed(stack), purpose),
    recall: async () => {
      await Promise.all([secrets.recall(), certs.recall()])
    },
  }
}
