import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { warningAt, type Diagnostic } from '../../stack/diagnostics.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** What we use of `config.json`, the settings of Docker's command line. */
export interface DockerConfig {
  readonly directory: string
  readonly currentContext: string | undefined
  /** By registry as Docker writes it: `host[:port]`, or `https://index.docker.io/v1/` for Docker Hub. */
  readonly auths: ReadonlyMap<string, DockerAuth>
  readonly credentialStore: string | undefined
  readonly credentialHelpers: ReadonlyMap<string, string>
  /** Why the file could not be used; Docker itself goes on without it, and so do we. */
  readonly warnings: readonly Diagnostic[]
}

export interface DockerAuth {
  /** Base64 of `user:password`. */
  readonly auth?: string
  readonly identityToken?: string
}

/** Reads `config.json` of DOCKER_CONFIG, default `~/.docker`. A missing file is an empty one. */
export async function readDockerConfig(env: Environment): Promise<DockerConfig> {
  const directory = dockerDirectory(env)
  const path = join(directory, 'config.json')
  try {
    return configOf(directory, JSON.parse(await readFile(path, 'utf8')) as unknown)
  } catch (error) {
    const warning = explain(path, error)
    return { ...configOf(directory, {}), warnings: warning === undefined ? [] : [warning] }
  }
}

export function dockerDirectory(env: Environment): string {
  const configured = env['DOCKER_CONFIG']
  return configured !== undefined && configured !== '' ? configured : join(homeDirectory(env), '.docker')
}

export function homeDirectory(env: Environment): string {
  return env['HOME'] ?? env['USERPROFILE'] ?? homedir()
}

/** The system's code of a failed call, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function configOf(directory: string, content: unknown): DockerConfig {
  const root = recordOf(content)
  return {
    directory,
    currentContext: textOf(root['currentContext']),
    auths: new Map(
      Object.entries(recordOf(root['auths'])).map(([key, value]) => [key, authOf(recordOf(value))]),
    ),
    credentialStore: textOf(root['credsStore']),
    credentialHelpers: new Map(
      Object.entries(recordOf(root['credHelpers'])).flatMap(([key, value]) => {
        const helper = textOf(value)
        return helper === undefined ? [] : [[key, helper] as const]
      }),
    ),
    warnings: [],
  }
}

function authOf(entry: Readonly<Record<string, unknown>>): DockerAuth {
  const auth = textOf(entry['auth'])
  const identityToken = textOf(entry['identitytoken'])
  return { ...(auth !== undefined && { auth }), ...(identityToken !== undefined && { identityToken }) }
}

function explain(path: string, error: unknown): Diagnostic | undefined {
  const code = codeOf(error)
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
  if (code === 'EACCES' || code === 'EPERM') {
    return warningAt(
      'engine/config-unreadable',
      `${path} cannot be read by this user, so its contexts and registry logins are not used`,
      undefined,
      `it was probably written by "sudo docker login": sudo chown -R "$USER" "${path.replace(/[/\\]config\.json$/, '')}"`,
    )
  }
  // A parser's message quotes the text around the mistake, and this file may hold passwords.
  const why =
    error instanceof SyntaxError ? 'is not valid JSON' : `cannot be read (${code ?? 'unknown cause'})`
  return warningAt(
    'engine/config-unreadable',
    `${path} ${why}, so its contexts and registry logins are not used`,
    undefined,
    'mend the file, or move it away and log in again with "docker login"',
  )
}

/** The value as an object; anything else is an empty one. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {}
}

/** The value as a text that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
