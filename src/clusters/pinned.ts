import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { StepError } from '../plan/step-error.ts'
import type { KubeClient } from '../platform/kubernetes/client.ts'
import { loadKubeconfig, type Kubeconfig, type LoadedContext } from '../platform/kubernetes/kubeconfig.ts'
import type { ClusterOptions } from './options.ts'
import type { PinnedSettings } from './settings.ts'

/** The user's kubeconfig files, or the one that the profile names. */
export async function userKubeconfig(
  options: Pick<ClusterOptions, 'env'>,
  settings: PinnedSettings,
): Promise<Kubeconfig> {
  const files = settings.kubeconfig === undefined ? {} : { files: [settings.kubeconfig] }
  return await loadKubeconfig(options.env, files)
}

/** Refuses a context that leads to another server than the profile says; both are named. */
export function mustLeadTo(context: LoadedContext, settings: PinnedSettings): void {
  const { server } = settings
  if (server === undefined || isSameServer(server, context.name.server)) return
  throw new StepError(
    'precondition',
    `the context "${context.name.context}" leads to ${context.name.server} (cluster "${context.name.cluster}"), and this profile is for ${server}`,
    {
      span: settings.from,
      hint: 'nothing was touched; name the context that leads there (kubectl config get-contexts), or correct the server',
    },
  )
}

function isSameServer(one: string, other: string): boolean {
  return addressOf(one) === addressOf(other)
}

/** Scheme, host and port; a server without a scheme speaks TLS. */
function addressOf(server: string): string {
  const text = /^https?:\/\//i.test(server) ? server : `https://${server}`
  if (!URL.canParse(text)) return text
  const { protocol, hostname, port, pathname } = new URL(text)
  return `${protocol}//${hostname}:${port || (protocol === 'http:' ? '80' : '443')}${pathname.replace(/\/+$/, '')}`
}

/** Names under which Docker Desktop speaks of this machine (docs.docker.com/desktop/features/networking). */
const localNames: ReadonlySet<string> = new Set([
  'localhost',
  'kubernetes.docker.internal',
  'host.docker.internal',
])

/** Whether a server is on this machine: its loopback, a name that means it, or one of its own addresses. */
export function isOnThisMachine(server: string): boolean {
  if (!URL.canParse(server)) return false
  const host = new URL(server).hostname.replace(/^\[|\]$/g, '')
  if (localNames.has(host) || host === '::1') return true
  if (isIP(host) === 0) return false
  if (host.startsWith('127.')) return true
  return Object.values(networkInterfaces()).some((addresses) =>
    (addresses ?? []).some(({ address }) => address === host),
  )
}

/** A client of one context and no other. The SDK behind it is loaded only here. */
export async function connect(context: LoadedContext): Promise<KubeClient> {
  const { createKubeClient } = await import('../platform/kubernetes/kube-client.ts')
  return createKubeClient(context)
}

/** One client for all who ask; a failed attempt is made again by the next one who asks. */
export function openOnce<T extends KubeClient | undefined>(
  open: (signal: AbortSignal) => Promise<T>,
): {
  readonly get: (signal: AbortSignal) => Promise<T>
  readonly close: () => Promise<void>
  readonly forget: () => void
} {
  let opened: Promise<T> | undefined
  const forget = (): void => {
    opened = undefined
  }
  return {
    get: async (signal) => {
      const opening = (opened ??= open(signal))
      try {
        const found = await opening
        // What is not there yet may be there the next time.
        if (found === undefined) forget()
        return found
      } catch (error) {
        forget()
        throw error
      }
    },
    close: async () => {
      const found = await opened?.catch(() => undefined)
      found?.close()
      forget()
    },
    forget,
  }
}
