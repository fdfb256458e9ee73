/**
 * Quantities exactly as the API server writes them (`CanonicalizeBytes` of k8s.io/apimachinery/pkg/api/resource): what is sent is
 * what comes back, so nothing ever seems to differ.
 */

/** CPU in millicores: `250m`, `2`. */
export function cpuQuantity(millicores: number): string {
  return millicores % 1000 === 0 ? String(millicores / 1000) : `${millicores}m`
}

/** Bytes: `512Mi`, `8Gi`; of what is no multiple of 1024 the decimal form, `1500k`. */
export function byteQuantity(bytes: number): string {
  return bytes % 1024 === 0
    ? withSuffix(bytes, 1024, ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'])
    : withSuffix(bytes, 1000, ['k', 'M', 'G', 'T', 'P', 'E'])
}

function withSuffix(bytes: number, base: number, suffixes: readonly string[]): string {
  let amount = bytes
  let suffix = ''
  for (const each of suffixes) {
    if (amount === 0 || amount % base !== 0) break
    amount /= base
    suffix = each
  }
  return `${amount}${suffix}`
}

/** Whole seconds, at least one: Kubernetes knows no smaller unit. */
export function seconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000))
}
