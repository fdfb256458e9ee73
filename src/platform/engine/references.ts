/** A reference to an image in its parts. */
export interface ImageReference {
  /** `docker.io` where none is written. */
  readonly registry: string
  /** As written, without tag and digest: what the Engine API takes. */
  readonly name: string
  /** A tag, or a digest with its algorithm; `latest` where neither is written. */
  readonly version: string
}

/** Takes a reference apart by Docker's rule: the first part is a registry if it holds a dot or a colon, or is `localhost`. */
export function parseImageReference(reference: string): ImageReference {
  const [withoutDigest = '', digest] = reference.split('@', 2)
  const tag = /:([^:/]+)$/.exec(withoutDigest)?.[1]
  const name = tag === undefined ? withoutDigest : withoutDigest.slice(0, -tag.length - 1)
  const first = name.includes('/') ? (name.split('/', 1)[0] ?? '') : ''
  const isRegistry = first === 'localhost' || /[.:]/.test(first)
  return { registry: isRegistry ? first : 'docker.io', name, version: digest ?? tag ?? 'latest' }
}
