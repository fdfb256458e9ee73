/**
 * Types of the built-in kinds, in the notation of the generated description:
 * `s` text (`sA|B` one of these), `i` whole number, `n` number, `b` boolean, `q` quantity, `x` whole number or text, `t` time,
 * `y` bytes in base64, `*` anything, `[T` list of T, `{T` map of T, `#NAME` an object.
 */
export type TypeCode = string

export interface ObjectType {
  /** Fields and their types. */
  readonly p: Readonly<Record<string, TypeCode>>
  /** Fields that must be there. */
  readonly r?: readonly string[]
}

export interface KubernetesTypes {
  /** `1.34`: the version of Kubernetes that this describes. */
  readonly version: string
  /** By `apiVersion/kind`. */
  readonly kinds: Readonly<Record<string, TypeCode>>
  readonly types: Readonly<Record<string, ObjectType>>
}

let loaded: Promise<KubernetesTypes> | undefined

/** The description, read from its text the first time that somebody asks. */
export function kubernetesTypes(): Promise<KubernetesTypes> {
  loaded ??= import('./kubernetes.ts').then(
    ({ kubernetesSchema }) => JSON.parse(kubernetesSchema) as KubernetesTypes,
  )
  return loaded
}

/** `1.34` as a number that grows with it. */
export function versionNumber(version: string): number {
  const [major = 0, minor = 0] = version
    .replace(/^v/, '')
    .split('.')
    .map((part) => parseInt(part, 10))
  return major * 1000 + minor
}
