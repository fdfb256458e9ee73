import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { StepError } from '../../plan/step-error.ts'
import type { Bytes, Impersonation, UserEntry } from './entries.ts'
import { networkCodeOf } from './errors.ts'
import type { LoadedContext } from './kubeconfig.ts'

/** What shows the server who asks. Never logged. */
export interface Identity {
  readonly headers: Readonly<Record<string, string | string[]>>
  /** PEM, for TLS. */
  readonly certificate: Buffer | undefined
  readonly key: Buffer | undefined
}

export interface Credentials {
  /** Fetched at the first use and kept as long as it is good. StepError (`precondition`) when it cannot be had. */
  identity(): Promise<Identity>
  /**
   * The server refused `refused`: gets a new one. False where there is nothing new to be had. Many refusals at once cost one
   * renewal.
   */
  renew(refused: Identity): Promise<boolean>
  /** What to tell the user when the server goes on refusing. */
  refusal(): Promise<StepError>
}

/** Where a secret comes from that has to be fetched. `isForced`: the last one was refused though it looked good. */
export type TokenSource = (isForced: boolean) => Promise<Fetched>

export interface Fetched {
  readonly token?: string
  readonly certificate?: string
  readonly key?: string
  /** Epoch milliseconds. Undefined: as long as the process lives. */
  readonly expires?: number
}

export interface CredentialOptions {
  /** Whether a credential command may ask the person at the terminal. */
  readonly isInteractive: boolean
  /** Where tokens come from that no kubeconfig speaks of. Default: from what the context's user says. */
  readonly tokens?: TokenSource
}

/** Of the user of a context, in client-go's order: token file, token, command, auth provider, password; certificates always. */
export function openCredentials(context: LoadedContext, options: CredentialOptions): Credentials {
  let source: Promise<TokenSource | undefined> | undefined
  let latest: Promise<Held> | undefined

  async function fetchIdentity(isForced: boolean): Promise<Held> {
    const fetchToken = await (source ??= sourceOf(context, options))
    const fetched = await fetchToken?.(isForced)
    const { user } = context
    const certificate = fetched?.certificate ?? (await contentOf(user.certificate, context))
    const key = fetched?.key ?? (await contentOf(user.key, context))
    const identity: Identity = {
      headers: { ...authorization(user, fetched?.token), ...impersonationHeaders(user.impersonate) },
      certificate: typeof certificate === 'string' ? Buffer.from(certificate) : certificate,
      key: typeof key === 'string' ? Buffer.from(key) : key,
    }
    return { identity, expires: fetched?.expires ?? Infinity }
  }

  function begin(isForced: boolean): Promise<Held> {
    const fetching = fetchIdentity(isForced)
    latest = fetching
    // A failure is told to whoever waits for it; the next one tries again.
    fetching.catch(() => {
      if (latest === fetching) latest = undefined
    })
    return fetching
  }

  /** Whoever comes first begins anew; the others wait for that one. */
  function after(seen: Promise<Held>, isForced: boolean): Promise<Held> {
    return latest === undefined || latest === seen ? begin(isForced) : latest
  }

  return {
    identity: async () => {
      const waiting = latest ?? begin(false)
      const held = await waiting
      return held.expires > Date.now() ? held.identity : (await after(waiting, false)).identity
    },
    renew: async (refused) => {
      const waiting = latest ?? begin(false)
      const { identity } = await waiting
      if (identity !== refused) return true
      if ((await source) === undefined) return false
      const renewed = (await after(waiting, true)).identity
      return !isSame(renewed, refused)
    },
    refusal: () => refusalOf(context),
  }
}

interface Held {
  readonly identity: Identity
  /** Epoch milliseconds. */
  readonly expires: number
}

async function sourceOf(
  context: LoadedContext,
  options: CredentialOptions,
): Promise<TokenSource | undefined> {
  if (options.tokens) return options.tokens
  const { user } = context
  const { tokenFile } = user
  if (tokenFile !== undefined) return () => readTokenFile(tokenFile, context)
  if (user.token !== undefined) return undefined
  if (user.exec) {
    const { execSource } = await import('./exec-credential.ts')
    return execSource(context, user.exec, options)
  }
  if (user.authProvider) {
    const { providerSource } = await import('./auth-provider.ts')
    return providerSource(context, user.authProvider)
  }
  return undefined
}

/** Milliseconds after which a token file is read again: whoever wrote it rotates it (client-go: one minute). */
const tokenFileAge = 60_000

async function readTokenFile(path: string, context: LoadedContext): Promise<Fetched> {
  const token = await readFileOf(path, context)
  return { token: token.toString().trim(), expires: Date.now() + tokenFileAge }
}

async function contentOf(bytes: Bytes | undefined, context: LoadedContext): Promise<Buffer | undefined> {
  switch (bytes?.kind) {
    case undefined:
      return undefined
    case 'data':
      return Buffer.from(bytes.base64, 'base64')
    case 'file':
      return await readFileOf(bytes.path, context)
    default:
      return bytes satisfies never
  }
}

/** A file that the kubeconfig names; StepError naming it when it cannot be read. */
export async function readFileOf(path: string, { name }: LoadedContext): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    const code = networkCodeOf(cause) ?? 'unknown'
    throw new StepError(
      'precondition',
      `the context ${name.context} needs ${path}, which cannot be read (${code})`,
      { hint: 'fetch the kubeconfig again, or correct the path in it', cause },
    )
  }
}

function authorization(user: UserEntry, fetched: string | undefined): Record<string, string> {
  const token = fetched ?? user.token
  if (token !== undefined) return { Authorization: `Bearer ${token}` }
  if (user.username === undefined) return {}
  const pair = Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')
  return { Authorization: `Basic ${pair}` }
}

/** Source of the names: kubernetes.io/docs/reference/access-authn-authz/authentication, "User impersonation". */
function impersonationHeaders(impersonate: Impersonation | undefined): Record<string, string | string[]> {
  if (!impersonate) return {}
  return {
    ...(impersonate.user !== undefined && { 'Impersonate-User': impersonate.user }),
    ...(impersonate.uid !== undefined && { 'Impersonate-Uid': impersonate.uid }),
    ...(impersonate.groups.length > 0 && { 'Impersonate-Group': [...impersonate.groups] }),
    ...Object.fromEntries(
      Object.entries(impersonate.extra).map(([key, values]) => [
        `Impersonate-Extra-${encodeURIComponent(key)}`,
        [...values],
      ]),
    ),
  }
}

function isSame(one: Identity, other: Identity): boolean {
  return (
    one.headers['Authorization'] === other.headers['Authorization'] &&
    String(one.certificate) === String(other.certificate)
  )
}

async function refusalOf(context: LoadedContext): Promise<StepError> {
  const { name, user } = context
  const who = user.name === '' ? 'no user' : `user ${user.name}`
  const { why, hint } = await cureOf(context)
  return new StepError(
    'precondition',
    `the Kubernetes API at ${name.server} does not know ${who} of context ${name.context}${why}`,
    { hint },
  )
}

async function cureOf(context: LoadedContext): Promise<{ readonly why: string; readonly hint: string }> {
  const { user } = context
  if (user.exec) {
    const command = [user.exec.command, ...user.exec.args].join(' ')
    return { why: ': its credentials are refused', hint: `log in again, then try by hand: ${command}` }
  }
  if (user.token !== undefined || user.tokenFile !== undefined)
    return { why: ': its token is refused', hint: 'get a new token, or fetch the kubeconfig again' }
  const end = await endOfCertificate(context)
  if (end !== undefined && end < Date.now()) {
    const day = new Date(end).toISOString().slice(0, 10)
    return {
      why: `: its certificate ended on ${day}`,
      hint: 'fetch the kubeconfig again (Docker Desktop: reset Kubernetes; kubeadm: certs renew)',
    }
  }
  return { why: '', hint: 'log in again, or fetch the kubeconfig of this cluster again' }
}

async function endOfCertificate(context: LoadedContext): Promise<number | undefined> {
  const content = await contentOf(context.user.certificate, context)
  if (!content) return undefined
  try {
    return Date.parse(new X509Certificate(content).validTo)
  } catch {
    // Not a certificate at all; that is what TLS has said already.
    return undefined
  }
}
