import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StepError } from '../../plan/step-error.ts'
import type { SourceNode } from '../../stack/node.ts'
import {
  clusterEntry,
  contextEntry,
  fieldsOf,
  listOf,
  textOf,
  userEntry,
  type ClusterEntry,
  type ContextEntry,
  type Fields,
  type UserEntry,
} from './entries.ts'

/** What one kubeconfig file says, by name. */
export interface KubeconfigFile {
  readonly path: string
  readonly current: string | undefined
  readonly contexts: ReadonlyMap<string, ContextEntry>
  readonly clusters: ReadonlyMap<string, ClusterEntry>
  readonly users: ReadonlyMap<string, UserEntry>
  /** By cluster: settings for exec commands, which kubectl keeps among the cluster's extensions. */
  readonly execConfigs: ReadonlyMap<string, unknown>
}

/** Undefined when there is no such file. StepError (`precondition`) when it cannot be read or is not a kubeconfig. */
export async function readKubeconfigFile(path: string): Promise<KubeconfigFile | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new StepError('precondition', `kubeconfig ${path} cannot be read: ${whyUnreadable(code)}`, {
      hint: 'make it readable for this user, or point KUBECONFIG at another one',
      cause,
    })
  }
  return await parseKubeconfig(path, text)
}

/** `path` is for messages, and its folder is where relative paths begin. */
export async function parseKubeconfig(path: string, text: string): Promise<KubeconfigFile> {
  const root = await rootOf(path, text)
  const folder = dirname(path)
  const clusters = named(path, root, 'clusters')
  return {
    path,
    current: textOf(root['current-context']),
    contexts: entries(named(path, root, 'contexts'), 'context', contextEntry),
    clusters: entries(clusters, 'cluster', (name, fields) => clusterEntry(name, fields, folder)),
    users: entries(named(path, root, 'users'), 'user', (name, fields) => userEntry(name, fields, folder)),
    execConfigs: execConfigs(clusters),
  }
}

/** Words of parsers are left out: they quote what stands there, which may be a token. */
async function rootOf(path: string, text: string): Promise<Fields> {
  let content: unknown
  if (text.trimStart().startsWith('{')) {
    try {
      content = JSON.parse(text)
    } catch {
      // YAML's flow style begins in the same way.
      content = undefined
    }
  }
  if (content === undefined) {
    const { parseSource } = await import('../../stack/source.ts')
    const parsed = await parseSource(path, text)
    if (!parsed.ok) {
      const line = parsed.errors[0]?.span?.line
      throw notKubeconfig(path, `is not valid YAML${line === undefined ? '' : `, line ${String(line)}`}`)
    }
    content = plain(parsed.value)
  }
  if (content === null || content === undefined) return {}
  if (typeof content !== 'object' || Array.isArray(content)) throw notKubeconfig(path, 'holds no map')
  const root = fieldsOf(content)
  const kind = root['kind']
  if (kind !== undefined && kind !== 'Config') throw notKubeconfig(path, 'is of another kind than Config')
  return root
}

function plain(node: SourceNode): unknown {
  switch (node.kind) {
    case 'map':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]))
    case 'list':
      return node.items.map(plain)
    case 'scalar':
      // Every other value of a kubeconfig is a text: a password of digits stays what was typed.
      return node.value === null || typeof node.value === 'boolean'
        ? node.value
        : node.isQuoted || typeof node.value === 'string'
          ? node.value
          : node.text
    default:
      return node satisfies never
  }
}

interface NamedFields {
  readonly name: string
  readonly fields: Fields
}

function named(path: string, root: Fields, list: 'contexts' | 'clusters' | 'users'): NamedFields[] {
  const value = root[list] ?? []
  if (!Array.isArray(value)) throw notKubeconfig(path, `has no list under "${list}"`)
  return value.map((each, index) => {
    const fields = fieldsOf(each)
    const name = textOf(fields['name'])
    if (name === undefined)
      throw notKubeconfig(path, `has an entry without a name: ${list}[${String(index)}]`)
    return { name, fields }
  })
}

/** The first of several with one name counts, as between files. */
function entries<T>(
  list: readonly NamedFields[],
  key: string,
  make: (name: string, fields: Fields) => T,
): Map<string, T> {
  const found = new Map<string, T>()
  for (const { name, fields } of list) {
    if (!found.has(name)) found.set(name, make(name, fieldsOf(fields[key])))
  }
  return found
}

function execConfigs(clusters: readonly NamedFields[]): Map<string, unknown> {
  const found = new Map<string, unknown>()
  for (const { name, fields } of clusters) {
    for (const each of listOf(fieldsOf(fields['cluster'])['extensions'])) {
      const extension = fieldsOf(each)
      if (extension['name'] === 'client.authentication.k8s.io/exec') found.set(name, extension['extension'])
    }
  }
  return found
}

function notKubeconfig(path: string, what: string): StepError {
  return new StepError('precondition', `kubeconfig ${path} ${what}`, {
    hint: `look at it with: kubectl config view --kubeconfig ${path}`,
  })
}

function whyUnreadable(code: string): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied'
    case 'EISDIR':
      return 'it is a folder'
    default:
      return code
  }
}
