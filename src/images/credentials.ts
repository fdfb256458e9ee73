import {
  recordOf,
  readDockerConfig,
  textOf,
  type DockerConfig,
  type Environment,
} from '../platform/engine/docker-config.ts'
import { RegistryCredentials } from '../platform/engine/registry-credentials.ts'
import { CommandError, run } from '../platform/run.ts'
import { StepError } from '../plan/step-error.ts'
import type { Diagnostic } from '../stack/diagnostics.ts'

/** The name under which Docker keeps the login of Docker Hub. */
const hub = 'https://index.docker.io/v1/'

/** What this machine's Docker logins know. */
export interface DockerLogins {
  /** Undefined where nobody logged in. Throws StepError where a credential helper fails. */
  credentialsFor(registry: string): Promise<RegistryCredentials | undefined>
  readonly warnings: readonly Diagnostic[]
}

/** Reads `config.json`; helpers are asked when a registry is needed, once each. */
export async function openDockerLogins(env: Environment): Promise<DockerLogins> {
  const config = await readDockerConfig(env)
  const known = new Map<string, Promise<RegistryCredentials | undefined>>()
  return {
    warnings: config.warnings,
    credentialsFor: (registry) => {
      const key = registryKey(registry)
      const found = known.get(key) ?? lookUp(config, key, env)
      known.set(key, found)
      return found
    },
  }
}

/** A registry as Docker keeps it: Docker Hub has many names and one login; others are a host without scheme and path. */
export function registryKey(registry: string): string {
  const host = hostOf(registry)
  return ['docker.io', 'index.docker.io', 'registry-1.docker.io'].includes(host) ? hub : host
}

async function lookUp(
  config: DockerConfig,
  key: string,
  env: Environment,
): Promise<RegistryCredentials | undefined> {
  const host = hostOf(key)
  const helper =
    config.credentialHelpers.get(key) ?? config.credentialHelpers.get(host) ?? config.credentialStore
  return (helper === undefined ? undefined : await askHelper(helper, key, env)) ?? fromFile(config, key)
}

function fromFile(config: DockerConfig, key: string): RegistryCredentials | undefined {
  const host = hostOf(key)
  const entry = config.auths.get(key) ?? [...config.auths].find(([name]) => hostOf(name) === host)?.[1]
  if (entry?.identityToken !== undefined) {
    return new RegistryCredentials(key, { kind: 'identity-token', token: entry.identityToken })
  }
  if (entry?.auth === undefined) return undefined
  const text = Buffer.from(entry.auth, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  return new RegistryCredentials(key, {
    kind: 'password',
    username: text.slice(0, colon),
    // Older versions of Docker padded it with zero bytes.
    password: text.slice(colon + 1).replace(/\0+$/, ''),
  })
}

/** Docker's credential-helper protocol: `docker-credential-X get`, the registry on stdin, JSON on stdout. */
async function askHelper(
  helper: string,
  key: string,
  env: Environment,
): Promise<RegistryCredentials | undefined> {
  const command = `docker-credential-${helper}`
  const hint = `see that "${command} list" works, or remove it from credsStore and credHelpers of Docker's config.json`
  const answer = await run([command, 'get'], { input: key, env, timeout: 30_000 }).catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error
    throw new StepError('precondition', `the login of ${key} is kept by ${command}: ${error.message}`, {
      hint,
    })
  })
  if (answer.exitCode !== 0) {
    // The helpers' common library answers so, on stdout.
    if (/credentials not found/i.test(answer.stdout + answer.stderr)) return undefined
    const why = answer.stderr.trim() || `it ended with ${String(answer.exitCode)}`
    throw new StepError('precondition', `${command} does not give the login of ${key}: ${why}`, { hint })
  }
  const given = parseAnswer(answer.stdout, command, hint)
  const secret = textOf(given['Secret'])
  const username = textOf(given['Username'])
  if (secret === undefined) return undefined
  return new RegistryCredentials(
    key,
    username === '<token>' || username === undefined
      ? { kind: 'identity-token', token: secret }
      : { kind: 'password', username, password: secret },
  )
}

function parseAnswer(text: string, command: string, hint: string): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(text) as unknown)
  } catch {
    // The parser would quote what may be a password.
    throw new StepError('precondition', `${command} answered with something that is not JSON`, { hint })
  }
}

function hostOf(registry: string): string {
  return registry.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
}
