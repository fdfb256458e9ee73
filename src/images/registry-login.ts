import { RegistryCredentials } from '../platform/engine/registry-credentials.ts'
import { StepError } from '../plan/step-error.ts'
import type { Registry } from '../resolve/resolved.ts'
import { openDockerLogins, registryKey } from './credentials.ts'

/**
 * What a registry of the stack takes as proof: the variables that its `credentials` name, else the Docker login of this machine.
 * Undefined where there is neither. StepError where a variable is not set.
 */
export async function readRegistryLogin(
  { name, host, credentials, from }: Registry,
  env: Readonly<Record<string, string | undefined>>,
): Promise<RegistryCredentials | undefined> {
  if (credentials?.kind !== 'env') return await (await openDockerLogins(env)).credentialsFor(host)
  const missing = [credentials.user, credentials.password].filter((variable) => (env[variable] ?? '') === '')
  if (missing.length > 0)
    throw new StepError('precondition', `registry ${name}: ${missing.join(' and ')} not set`, {
      span: from,
      hint: 'its `credentials: { env: … }` names them',
    })
  return new RegistryCredentials(registryKey(host), {
    kind: 'password',
    username: env[credentials.user] ?? '',
    password: env[credentials.password] ?? '',
  })
}
