import { StepError } from '../../plan/step-error.ts'
import type { TokenSource } from './credentials.ts'
import type { LoadedContext } from './kubeconfig.ts'
import { oidcSource } from './oidc.ts'

/**
 * The old way of naming where a token comes from. `oidc` is spoken; the clouds' own ones are gone from kubectl since 1.26, and
 * StepError (`precondition`) says what came in their place.
 */
export function providerSource(
  context: LoadedContext,
  provider: { readonly name: string; readonly config: Readonly<Record<string, string>> },
): TokenSource {
  if (provider.name === 'oidc') return oidcSource(context, provider.config)
  return () => {
    const { name, user } = context
    const message = `user ${user.name} (context ${name.context}) uses the auth provider "${provider.name}", which is gone since Kubernetes 1.26`
    return Promise.reject(new StepError('precondition', message, { hint: cureOf(provider.name) }))
  }
}

function cureOf(provider: string): string {
  switch (provider) {
    case 'gcp':
      return 'gcloud container clusters get-credentials CLUSTER writes a user that works (gke-gcloud-auth-plugin)'
    case 'azure':
      return 'kubelogin convert-kubeconfig, or: az aks get-credentials'
    default:
      return 'fetch the kubeconfig again: it will name a command (exec) instead'
  }
}
