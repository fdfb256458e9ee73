import { kinds } from '../../../platform/kubernetes/kinds.ts'
import type { Cert, ResolvedStack, Secret } from '../../../resolve/resolved.ts'
import { declarationOf } from '../../consumer.ts'
import type { Facts } from '../../facts.ts'
import type { KubeResource, SecretContent } from '../spec.ts'
import { consumersOf } from './configs.ts'
import { secretOfCert } from './names.ts'
import { desiredObject, need, passiveResource } from './objects.ts'

/**
 * Keys of secrets that pods read as files or variables, by secret. Those that are only part of a text are not among them: the
 * text itself is a secret then.
 */
export function secretKeysUsed(stack: ResolvedStack): ReadonlyMap<string, ReadonlySet<string>> {
  const used = new Map<string, Set<string>>()
  const add = (secret: string, keys: Iterable<string>): void => {
    used.set(secret, new Set([...(used.get(secret) ?? []), ...keys]))
  }
  const all = (secret: string): Iterable<string> => stack.secrets.get(secret)?.keys.keys() ?? []
  for (const consumer of consumersOf(stack)) {
    const declared = declarationOf(consumer)
    for (const mount of declared.mounts) {
      if (mount.kind !== 'secret') continue
      add(mount.secret, mount.key === undefined ? (mount.keys ?? all(mount.secret)) : [mount.key])
    }
    for (const { kind, name } of declared.envFrom) if (kind === 'secret') add(name, all(name))
    const steps = consumer.kind === 'service' ? consumer.service.init : []
    for (const { env } of [declared, ...steps]) {
      for (const value of env.values()) {
        if (value.kind === 'secret') add(value.secret, [value.key])
        if (value.kind === 'text') addWhole(value.text.parts, add)
      }
    }
  }
  return used
}

type Add = (secret: string, keys: Iterable<string>) => void

/** A variable that is one reference and nothing else needs no text of its own. */
function addWhole(parts: readonly unknown[], add: Add): void {
  const [only] = parts
  if (parts.length === 1 && isSecretReference(only)) add(only.secret, [only.key])
}

export function isSecretReference(
  value: unknown,
): value is { readonly kind: 'secret'; readonly secret: string; readonly key: string } {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'secret'
}

/** `secret/x`: one Secret with the keys that are used; values come in when it is applied. */
export function secretResource(
  secret: Secret,
  keys: ReadonlySet<string>,
  stack: ResolvedStack,
  facts: Facts,
): KubeResource {
  const names = [...secret.keys.keys()].filter((key) => keys.has(key))
  const secrets = new Map(
    names.map((key): [string, SecretContent] => [key, { kind: 'secret', key: { secret: secret.name, key } }]),
  )
  const parts = Object.fromEntries(
    names.map((key) => [`key ${key}`, (facts.secrets.get(secret.name)?.get(key) ?? 'new').slice(0, 8)]),
  )
  return contentResource(`secret/${secret.name}`, secret.name, secret, secrets, parts, stack)
}

/** `cert/x`: the authority's certificate, and certificate and key of every leaf. */
export function certResource(cert: Cert, stack: ResolvedStack, facts: Facts): KubeResource {
  const secrets = new Map(
    certFiles(cert).map(({ path }): [string, SecretContent] => [
      path,
      { kind: 'cert', cert: cert.name, file: path },
    ]),
  )
  const parts = { certificates: facts.certs.get(cert.name) ?? 'new' }
  return contentResource(`cert/${cert.name}`, secretOfCert(cert.name), cert, secrets, parts, stack)
}

/** The files of a certificate's mount. */
export function certFiles({ leaves }: Cert): { readonly path: string; readonly isSecret: boolean }[] {
  return [
    { path: 'ca.crt', isSecret: false },
    ...[...leaves.keys()].flatMap((leaf) => [
      { path: `${leaf}.crt`, isSecret: false },
      { path: `${leaf}.key`, isSecret: true },
    ]),
  ]
}

function contentResource(
  id: `secret/${string}` | `cert/${string}`,
  object: string,
  { from }: Secret | Cert,
  secrets: ReadonlyMap<string, SecretContent>,
  parts: Readonly<Record<string, string>>,
  stack: ResolvedStack,
): KubeResource {
  const fields = { type: 'Opaque' }
  return passiveResource({
    id,
    objects: [
      desiredObject(stack, { kind: kinds.Secret, name: object, resource: id, fields, secrets, from }),
    ],
    parts,
    needs: [need(`namespace/${stack.namespace}`)],
    from,
  })
}
