import type { Mount, ResolvedStack } from '../../../resolve/resolved.ts'
import { renderText } from '../../../resolve/text.ts'
import type { Facts } from '../../facts.ts'
import type { Lookup } from '../../inner-lookup.ts'
import { variableName, variableOf } from './values.ts'
import type { Yaml } from '../../yaml-text.ts'

/** Files that a service mounts, in Compose's notation, and where their content comes from. */
interface RenderedFiles {
  readonly configs: readonly Yaml[]
  readonly secrets: readonly Yaml[]
  /** Members of the file's own `configs` and `secrets`. */
  readonly configSources: Readonly<Record<string, Yaml>>
  readonly secretSources: Readonly<Record<string, Yaml>>
}

/** A config that differs by its reader has the reader in its name. */
export function renderFiles(
  consumer: string,
  mounts: readonly Mount[],
  context: { readonly stack: ResolvedStack; readonly facts: Facts; readonly lookup: Lookup },
): RenderedFiles {
  const configs: Yaml[] = []
  const secrets: Yaml[] = []
  const configSources: Record<string, Yaml> = {}
  const secretSources: Record<string, Yaml> = {}
  const addSecret = (name: string, target: string, mode: number, source: Yaml): void => {
    secrets.push({ source: name, target, mode })
    secretSources[name] = source
  }
  for (const mount of mounts) {
    switch (mount.kind) {
      case 'config':
        for (const { path, content } of context.facts.configs.get(mount.config)?.files ?? []) {
          if (!isChosen(mount, path)) continue
          const name = nameOf(consumer, mount.config, path)
          configs.push({ source: name, target: placeOf(mount, path), mode: mount.mode })
          configSources[name] = {
            content:
              content.kind === 'text'
                ? renderText(content.text, context.lookup)
                : new TextDecoder().decode(content.bytes),
          }
        }
        break
      case 'secret':
        for (const [key, { source }] of context.stack.secrets.get(mount.secret)?.keys ?? []) {
          if (!isChosen(mount, key)) continue
          const from: Yaml =
            source.kind === 'file'
              ? { file: source.path }
              : { environment: variableOf(context.stack, { secret: mount.secret, key }) }
          addSecret(nameOf(mount.secret, key), placeOf(mount, key), mount.mode, from)
        }
        break
      case 'cert':
        for (const file of filesOfCert(mount.cert, context.stack)) {
          const from: Yaml = { environment: variableName('cert', mount.cert, file) }
          addSecret(nameOf('cert', mount.cert, file), `${mount.path}/${file}`, mount.mode, from)
        }
        break
      case 'volume':
      case 'scratch':
      case 'bind':
        break
      default:
        mount satisfies never
    }
  }
  return { configs, secrets, configSources, secretSources }
}

type Selected = Extract<Mount, { readonly kind: 'config' | 'secret' }>

function isChosen({ key, keys }: Selected, path: string): boolean {
  return key === undefined ? (keys?.includes(path) ?? true) : key === path
}

function placeOf({ key, path }: Selected, file: string): string {
  return key === undefined ? `${path}/${file}` : path
}

function filesOfCert(name: string, { certs }: ResolvedStack): string[] {
  const leaves = [...(certs.get(name)?.leaves.keys() ?? [])]
  return ['ca.crt', ...leaves.flatMap((leaf) => [`${leaf}.crt`, `${leaf}.key`])]
}

function nameOf(...words: readonly string[]): string {
  return words.join('-').replaceAll(/[^A-Za-z0-9_-]+/g, '-')
}
