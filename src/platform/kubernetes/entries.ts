import { isAbsolute, join } from 'node:path'
// The package's index would load every model of the API: most of a second.
import { ActionOnInvalid, newClusters, newContexts } from '@kubernetes/client-node/dist/config_types.js'

/** Bytes that a kubeconfig holds itself (base64), or the file that does; read when they are needed, as kubectl does. */
export type Bytes =
  { readonly kind: 'data'; readonly base64: string } | { readonly kind: 'file'; readonly path: string }

export interface ClusterEntry {
  readonly name: string
  /** Empty when the entry names none. */
  readonly server: string
  readonly ca: Bytes | undefined
  readonly tlsServerName: string | undefined
  readonly isVerified: boolean
  readonly proxyUrl: string | undefined
}

export interface ContextEntry {
  readonly name: string
  readonly cluster: string
  readonly user: string | undefined
  readonly namespace: string | undefined
}

/** How one user proves who they are. Field names follow `kubectl config view`; the values are secrets and are never shown. */
export interface UserEntry {
  readonly name: string
  readonly certificate: Bytes | undefined
  readonly key: Bytes | undefined
  readonly token: string | undefined
  readonly tokenFile: string | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  readonly exec: ExecEntry | undefined
  readonly authProvider:
    { readonly name: string; readonly config: Readonly<Record<string, string>> } | undefined
  readonly impersonate: Impersonation | undefined
}

export interface ExecEntry {
  /** With a slash in it, a path; else looked up on PATH. */
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly apiVersion: string
  readonly interactiveMode: 'Never' | 'IfAvailable' | 'Always'
  readonly installHint: string | undefined
  readonly wantsCluster: boolean
  /** What the cluster's entry has to say to such a command (`extensions`, `client.authentication.k8s.io/exec`). */
  readonly clusterConfig?: unknown
}

export interface Impersonation {
  readonly user: string | undefined
  readonly uid: string | undefined
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

/** A JSON object of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>

/** Relative paths in a kubeconfig are relative to the file's folder. */
export function clusterEntry(name: string, fields: Fields, folder: string): ClusterEntry {
  const [read] = newClusters([{ name, cluster: { ...fields, server: textOf(fields['server']) } }], lenient)
  return {
    name,
    // As written: the reader takes a slash away from whatever ends with one.
    server: read ? (textOf(fields['server'])?.replace(/(?<=[^:/])\/+$/, '') ?? '') : '',
    ca: bytesOf(fields, 'certificate-authority', folder),
    tlsServerName: textOf(read?.tlsServerName ?? fields['tls-server-name']),
    isVerified: fields['insecure-skip-tls-verify'] !== true,
    proxyUrl: textOf(read?.proxyUrl ?? fields['proxy-url']),
  }
}

/** An entry without what it cannot do without is told when its context is used: it may be nobody's. */
const lenient = { onInvalidEntry: ActionOnInvalid.FILTER }

export function contextEntry(name: string, fields: Fields): ContextEntry {
  const [read] = newContexts([{ name, context: fields }], lenient)
  return {
    name,
    cluster: textOf(read?.cluster) ?? '',
    user: textOf(read?.user ?? fields['user']),
    namespace: textOf(read?.namespace ?? fields['namespace']),
  }
}

export function userEntry(name: string, fields: Fields, folder: string): UserEntry {
  const tokenFile = textOf(fields['tokenFile'])
  const provider = fieldsOf(fields['auth-provider'])
  const providerName = textOf(provider['name'])
  return {
    name,
    certificate: bytesOf(fields, 'client-certificate', folder),
    key: bytesOf(fields, 'client-key', folder),
    token: textOf(fields['token']),
    tokenFile: tokenFile === undefined ? undefined : absolute(tokenFile, folder),
    username: textOf(fields['username']),
    password: textOf(fields['password']),
    exec: execEntry(fieldsOf(fields['exec']), folder),
    authProvider:
      providerName === undefined ? undefined : { name: providerName, config: textsOf(provider['config']) },
    impersonate: impersonation(fields),
  }
}

function execEntry(fields: Fields, folder: string): ExecEntry | undefined {
  const command = textOf(fields['command'])
  if (command === undefined) return undefined
  const mode = fields['interactiveMode']
  return {
    command: /[/\\]/.test(command) ? absolute(command, folder) : command,
    args: listOf(fields['args']).flatMap((each) => textOf(each) ?? []),
    env: Object.fromEntries(
      listOf(fields['env']).map((each) => [
        textOf(fieldsOf(each)['name']) ?? '',
        textOf(fieldsOf(each)['value']) ?? '',
      ]),
    ),
    apiVersion: textOf(fields['apiVersion']) ?? '',
    interactiveMode: mode === 'Never' || mode === 'Always' ? mode : 'IfAvailable',
    installHint: textOf(fields['installHint'])?.trim(),
    wantsCluster: fields['provideClusterInfo'] === true,
  }
}

function impersonation(fields: Fields): Impersonation | undefined {
  const found: Impersonation = {
    user: textOf(fields['as']),
    uid: textOf(fields['as-uid']),
    groups: listOf(fields['as-groups']).flatMap((each) => textOf(each) ?? []),
    extra: Object.fromEntries(
      Object.entries(fieldsOf(fields['as-user-extra'])).map(([key, values]) => [
        key,
        listOf(values).flatMap((each) => textOf(each) ?? []),
      ]),
    ),
  }
  return found.user === undefined ? undefined : found
}

/** Data wins over a file, as it does for kubectl. */
function bytesOf(fields: Fields, name: string, folder: string): Bytes | undefined {
  const base64 = textOf(fields[`${name}-data`])
  if (base64 !== undefined) return { kind: 'data', base64 }
  const path = textOf(fields[name])
  return path === undefined ? undefined : { kind: 'file', path: absolute(path, folder) }
}

function absolute(path: string, folder: string): string {
  return isAbsolute(path) ? path : join(folder, path)
}

/** Undefined for what is empty too: kubectl writes `user: ""` for no user. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fieldsOf(value)).flatMap(([key, each]) => (typeof each === 'string' ? [[key, each]] : [])),
  )
}
