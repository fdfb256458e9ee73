import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { StepError } from '../../plan/step-error.ts'
import type { ContextName } from './client.ts'
import type { ClusterEntry, ContextEntry, UserEntry } from './entries.ts'
import { parseKubeconfig, readKubeconfigFile, type KubeconfigFile } from './kubeconfig-file.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Everything that is needed to talk to one cluster as one user. Holds secrets: not for logs or files. */
export interface LoadedContext {
  readonly name: ContextName
  /** The context's own default namespace. */
  readonly namespace: string | undefined
  readonly cluster: ClusterEntry
  readonly user: UserEntry
  /** Proxies and credential commands take their settings from here. */
  readonly env: Environment
}

/** The merged view of one or more kubeconfig files; none of them is ever written. */
export interface Kubeconfig {
  /** The files that were looked for, whether they exist or not. Empty for a text. */
  readonly files: readonly string[]
  /** `current-context`. */
  readonly current: string | undefined
  /** Those whose cluster is described too. */
  contexts(): ContextName[]
  /** StepError (`precondition`): no such context (those that exist are named), or it refers to what is not there. */
  context(name: string): LoadedContext
}

/**
 * Reads the given files, else those of KUBECONFIG, else `~/.kube/config`, and merges them as kubectl does: the first file that
 * mentions a name decides. Files that do not exist hold nothing. StepError (`precondition`) naming path and cause when a file
 * cannot be read or is not a kubeconfig. `text` is a kubeconfig that is in no file.
 */
export async function loadKubeconfig(
  env: Environment,
  source: { readonly files?: readonly string[]; readonly text?: string } = {},
): Promise<Kubeconfig> {
  if (source.text !== undefined) {
    return merged(env, [], [await parseKubeconfig('given as text', source.text)])
  }
  const paths = source.files ?? kubeconfigPaths(env)
  const files = await Promise.all(paths.map(readKubeconfigFile))
  return merged(
    env,
    paths,
    files.filter((file) => file !== undefined),
  )
}

/** Where kubectl would look. */
export function kubeconfigPaths(env: Environment): string[] {
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '')
  if (listed.length > 0) return [...new Set(listed)]
  return [join(env['HOME'] ?? env['USERPROFILE'] ?? homedir(), '.kube', 'config')]
}

function merged(env: Environment, paths: readonly string[], files: readonly KubeconfigFile[]): Kubeconfig {
  const contexts = firstOf(files, (file) => file.contexts)
  const clusters = firstOf(files, (file) => file.clusters)
  const users = firstOf(files, (file) => file.users)
  const execConfigs = firstOf(files, (file) => file.execConfigs)

  function clusterOf({ name, cluster }: ContextEntry): ClusterEntry {
    const found = clusters.get(cluster)
    if (!found)
      throw dangling(
        name,
        cluster === '' ? 'names no cluster' : `names the cluster "${cluster}", which is not there`,
      )
    if (found.server === '') throw dangling(name, `names the cluster "${cluster}", which has no server`)
    if (!URL.canParse(urlOf(found)))
      throw dangling(name, `has a server that is no address: ${shownServer(found)}`)
    return found
  }

  function userOf({ name, user }: ContextEntry): UserEntry {
    if (user === undefined) return anonymous
    const found = users.get(user)
    if (!found) throw dangling(name, `names the user "${user}", which is not there`)
    return found
  }

  function dangling(context: string, what: string): StepError {
    return new StepError('precondition', `the context "${context}" ${what}`, {
      hint: `complete the kubeconfig (${placeOf(paths)}): kubectl config view shows what is there`,
    })
  }

  return {
    files: paths,
    current: files.find((file) => file.current !== undefined)?.current,
    contexts: () =>
      [...contexts.values()].flatMap((context) => {
        const cluster = clusters.get(context.cluster)
        return cluster ? [nameOf(context, cluster)] : []
      }),
    context: (name) => {
      const context = contexts.get(name)
      if (!context) throw missing(name, [...contexts.keys()], paths)
      const cluster = clusterOf(context)
      const user = userOf(context)
      const clusterConfig = execConfigs.get(cluster.name)
      return {
        name: nameOf(context, cluster),
        namespace: context.namespace,
        cluster: { ...cluster, server: urlOf(cluster) },
        user:
          user.exec && clusterConfig !== undefined
            ? { ...user, exec: { ...user.exec, clusterConfig } }
            : user,
        env,
      }
    },
  }
}

/** A user of whom no kubeconfig says anything. */
export const anonymous: UserEntry = {
  name: '',
  certificate: undefined,
  key: undefined,
  token: undefined,
  tokenFile: undefined,
  username: undefined,
  password: undefined,
  exec: undefined,
  authProvider: undefined,
  impersonate: undefined,
}

function firstOf<T>(
  files: readonly KubeconfigFile[],
  of: (file: KubeconfigFile) => ReadonlyMap<string, T>,
): Map<string, T> {
  const found = new Map<string, T>()
  for (const file of files) {
    for (const [name, entry] of of(file)) if (!found.has(name)) found.set(name, entry)
  }
  return found
}

function nameOf(context: ContextEntry, cluster: ClusterEntry): ContextName {
  return { context: context.name, cluster: cluster.name, server: shownServer(cluster) }
}

/** Without a scheme, TLS settings decide which one is meant (client-go, `DefaultServerURL`). */
function urlOf({ server, ca, isVerified }: ClusterEntry): string {
  if (/^https?:\/\//i.test(server)) return server
  return `${ca !== undefined || !isVerified ? 'https' : 'http'}://${server}`
}

/** A password in the address is nobody's business. */
function shownServer(cluster: ClusterEntry): string {
  const url = urlOf(cluster)
  return url.replace(/^(https?:\/\/)[^/@]*@/i, '$1')
}

function missing(name: string, known: readonly string[], paths: readonly string[]): StepError {
  const place = placeOf(paths)
  return new StepError('precondition', `there is no context "${name}" in ${place}`, {
    hint:
      known.length === 0
        ? 'it holds no context at all: is KUBECONFIG what you mean?'
        : `there ${known.length === 1 ? 'is' : 'are'}: ${known.map((each) => `"${each}"`).join(', ')}`,
  })
}

function placeOf(paths: readonly string[]): string {
  return paths.length === 0 ? 'the given kubeconfig' : paths.join(', ')
}
