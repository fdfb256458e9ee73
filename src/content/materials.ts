import type { SecretKey } from '../resolve/resolved.ts'
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
