import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StepError } from '../../plan/step-error.ts'
import type { Diagnostic } from '../../stack/diagnostics.ts'
import {
  codeOf,
  dockerDirectory,
  homeDirectory,
  readDockerConfig,
  type Environment,
} from './docker-config.ts'
import { describeEndpoint, parseEngineHost, type EngineEndpoint, type EngineTls } from './endpoint.ts'

/** Where the engine is, and in `how` what said so; or that this machine has none. */
export type EngineLookup =
  | {
      readonly kind: 'found'
      readonly endpoint: EngineEndpoint
      /** `DOCKER_HOST`, `Docker context "remote"` …: completes "the engine was chosen by …". */
      readonly how: string
      /** DOCKER_API_VERSION, which forbids negotiation. */
      readonly apiVersion: string | undefined
      readonly warnings: readonly Diagnostic[]
    }
  | { readonly kind: 'absent'; readonly why: string; readonly warnings: readonly Diagnostic[] }

export interface FindOptions {
  /** Default: this machine's. */
  readonly platform?: NodeJS.Platform
  /** Where an engine listens when nothing else is said; default `/var/run/docker.sock`, on Windows the pipe `docker_engine`. */
  readonly defaultSocket?: string
}

/**
 * Finds the engine as Docker's command line does: DOCKER_HOST, then DOCKER_CONTEXT, then `currentContext` of the settings,
 * then the default socket; after it the sockets of Docker Desktop and of a rootless engine. Connects to nothing: whether an
 * engine answers is seen by the first request. Only a default socket that is not there means `absent`; a setting that cannot
 * be used throws StepError.
 */
export async function findEngine(env: Environment, options: FindOptions = {}): Promise<EngineLookup> {
  const apiVersion = env['DOCKER_API_VERSION'] === '' ? undefined : env['DOCKER_API_VERSION']
  const host = env['DOCKER_HOST']
  if (host !== undefined && host !== '') {
    const endpoint = parseEngineHost(host, 'DOCKER_HOST', await tlsFromEnvironment(env))
    return { kind: 'found', endpoint, how: 'DOCKER_HOST', apiVersion, warnings: [] }
  }
  const named = env['DOCKER_CONTEXT']
  const isNamed = named !== undefined && named !== ''
  const config = isNamed ? undefined : await readDockerConfig(env)
  const context = isNamed ? named : config?.currentContext
  const warnings = config?.warnings ?? []
  if (context !== undefined && context !== 'default') {
    const chosenBy = isNamed ? 'DOCKER_CONTEXT' : 'currentContext of config.json'
    // Loaded only here: most machines have no contexts, and every command comes by.
    const { endpointOfContext } = await import('./contexts.ts')
    const endpoint = await endpointOfContext(dockerDirectory(env), context, chosenBy)
    return { kind: 'found', endpoint, how: `Docker context "${context}"`, apiVersion, warnings }
  }
  const candidates = socketCandidates(env, options)
  for (const candidate of candidates) {
    if (!(await exists(candidate.path))) continue
    return {
      kind: 'found',
      endpoint: { kind: 'socket', path: candidate.path },
      how: candidate.how,
      apiVersion,
      warnings,
    }
  }
  const places = candidates.map(({ path }) => describeEndpoint({ kind: 'socket', path })).join(', ')
  return { kind: 'absent', why: `no Docker on this machine: nothing at ${places}`, warnings }
}

interface SocketCandidate {
  readonly path: string
  readonly how: string
}

function socketCandidates(env: Environment, options: FindOptions): SocketCandidate[] {
  const platform = options.platform ?? process.platform
  const usual = platform === 'win32' ? '\\\\.\\pipe\\docker_engine' : '/var/run/docker.sock'
  const candidates = [{ path: options.defaultSocket ?? usual, how: 'the default socket' }]
  if (platform === 'win32') return candidates
  candidates.push({
    path: join(homeDirectory(env), '.docker', 'run', 'docker.sock'),
    how: "Docker Desktop's socket",
  })
  const runtime = env['XDG_RUNTIME_DIR']
  if (runtime !== undefined && runtime !== '') {
    candidates.push({ path: join(runtime, 'docker.sock'), how: "the rootless engine's socket" })
  }
  return candidates
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    // Whatever else went wrong, something may be there: let the connection say what.
    return codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR'
  }
}

/** DOCKER_TLS_VERIFY and DOCKER_TLS count when they are not empty, as in Docker's command line. */
async function tlsFromEnvironment(env: Environment): Promise<EngineTls | undefined> {
  const isVerified = (env['DOCKER_TLS_VERIFY'] ?? '') !== ''
  if (!isVerified && (env['DOCKER_TLS'] ?? '') === '') return undefined
  const configured = env['DOCKER_CERT_PATH'] ?? ''
  const folder = configured === '' ? dockerDirectory(env) : configured
  const { readTlsFiles } = await import('./contexts.ts')
  const files = await readTlsFiles(folder)
  if (isVerified && files.ca === undefined) {
    throw new StepError(
      'precondition',
      `DOCKER_TLS_VERIFY is set, but there is no ${join(folder, 'ca.pem')}`,
      {
        hint: 'set DOCKER_CERT_PATH to the folder with ca.pem, cert.pem and key.pem',
      },
    )
  }
  return { ...files, isVerified }
}
