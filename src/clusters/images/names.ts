/**
 * The name under which nodes know the registry on this machine, whatever its port: `certs.d` of each node says where it really
 * is. Nothing else has it, so a pull of an image of ours can never reach somebody else's registry.
 */
export const nodeRegistry = 'registry.iamstack.local'

/** A reference with everything spelled out that Docker lets one leave out. */
export interface FullReference {
  /** `docker.io` where none is written. */
  readonly host: string
  /** With `library/` where Docker Hub has it. */
  readonly path: string
  readonly tag: string | undefined
  /** `sha256:…` */
  readonly digest: string | undefined
}

/** Docker's rule: the first part is a registry if it holds a dot or a colon, or is `localhost`. */
export function fullReference(reference: string): FullReference {
  const [name = '', digest] = reference.split('@', 2)
  const tag = /:([^:/]+)$/.exec(name)?.[1]
  const untagged = tag === undefined ? name : name.slice(0, -tag.length - 1)
  const [first = '', ...rest] = untagged.split('/')
  const isHost = rest.length > 0 && (first === 'localhost' || /[.:]/.test(first))
  const host = isHost ? (first === 'index.docker.io' ? 'docker.io' : first) : 'docker.io'
  const path = isHost ? rest.join('/') : untagged
  return {
    host,
    path: host === 'docker.io' && !path.includes('/') ? `library/${path}` : path,
    tag: tag ?? (digest === undefined ? 'latest' : undefined),
    digest,
  }
}

/** Two references name the same thing when this is the same. */
export function canonicalName(reference: string): string {
  const { host, path, tag, digest } = fullReference(reference)
  return `${host}/${path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

/** Where an image of the stack lies in the registry: `todo/api`, `ghcr.io/me/api`. */
export function ownRepository({ host, path }: FullReference): string {
  return host === 'docker.io' ? path.replace(/^library\//, '') : `${hostInPath(host)}/${path}`
}

/** Where an image of somebody else lies: apart from ours, each registry in a folder of its own. */
export function mirrorRepository({ host, path }: FullReference): string {
  return `mirror/${hostInPath(host)}/${path}`
}

/** A host as part of a repository's path, which holds no colon. */
export function hostInPath(host: string): string {
  return host.replace(':', '_')
}

/** The tag that the registry knows an image by. Some engines cannot keep a digest when they push, so it becomes a tag. */
export function tagInRegistry({ tag, digest }: FullReference): string {
  return digest?.replace(':', '-') ?? tag ?? 'latest'
}
