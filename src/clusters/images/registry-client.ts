import { Agent, request, type IncomingMessage } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { StepError } from '../../plan/step-error.ts'
import type { RegistryCredentials } from '../../platform/engine/registry-credentials.ts'

/** The few calls of the distribution API that we make (github.com/opencontainers/distribution-spec). */
export interface RegistryClient {
  answers(signal: AbortSignal): Promise<boolean>
  /** Digest of what a tag or digest names; undefined where it names nothing. */
  digestOf(repository: string, version: string, signal: AbortSignal): Promise<string | undefined>
  /** Gives what has a digest one more tag. */
  tag(repository: string, digest: string, tag: string, signal: AbortSignal): Promise<void>
}

/** All kinds of manifests: a registry gives an older one to those who do not say that they take newer ones. */
const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/** How a registry that is not on this machine is spoken to. */
export interface RegistrySpeech {
  readonly isSecure: boolean
  readonly credentials: RegistryCredentials
}

/** Characters of what a registry says of a refusal. */
const mostWords = 500
/** Milliseconds for an answer. */
const patience = 10_000
/** Of its own for each client, so that nothing stays open behind a command that has ended. */
const connections = { keepAlive: true, maxSockets: 8, timeout: 2000 }

/** `host` is `localhost:PORT`; its IPv4 loopback is meant, where we publish. Without `speech`: plain HTTP, no login. */
export function openRegistry(host: string, speech?: RegistrySpeech): RegistryClient {
  const isSecure = speech?.isSecure === true
  const [name = '', port = isSecure ? '443' : '80'] = host.split(':')
  const hostname = name === 'localhost' ? '127.0.0.1' : name
  const agent = isSecure ? new SecureAgent(connections) : new Agent(connections)
  const send = isSecure ? secureRequest : request

  const call = (
    method: string,
    path: string,
    signal: AbortSignal,
    body?: { readonly type: string; readonly content: Buffer },
  ): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = {
        Accept: manifestTypes,
        ...(speech && authorization(speech.credentials)),
        ...(body && { 'Content-Type': body.type, 'Content-Length': body.content.length }),
      }
      const sent = send({ agent, hostname, port, method, path, headers, signal, timeout: patience })
      sent.once('response', resolve)
      sent.once('timeout', () => sent.destroy(new Error(`no answer within ${patience / 1000} s`)))
      sent.once('error', reject)
      sent.end(body?.content)
    })

  const ask = async (...parts: Parameters<typeof call>): Promise<IncomingMessage> => {
    try {
      return await call(...parts)
    } catch (error) {
      parts[2].throwIfAborted()
      throw new StepError('precondition', `the registry ${host} cannot be reached: ${wordsOf(error)}`, {
        hint: speech
          ? 'is this machine online? then run the command again: it goes on where it was'
          : 'see docker ps for its container; iamstack up starts the one that iamstack made',
        cause: error,
        isTerminal: false,
      })
    }
  }

  return {
    answers: async (signal) => {
      try {
        const answer = await call('GET', '/v2/', signal)
        answer.resume()
        return answer.statusCode === 200
      } catch {
        // Not yet, or not any more: that is the answer.
        signal.throwIfAborted()
        return false
      }
    },
    digestOf: async (repository, version, signal) => {
      const answer = await ask('HEAD', `/v2/${repository}/manifests/${version}`, signal)
      answer.resume()
      const digest = answer.headers['docker-content-digest']
      return answer.statusCode === 200 && typeof digest === 'string' ? digest : undefined
    },
    tag: async (repository, digest, tag, signal) => {
      const answer = await ask('GET', `/v2/${repository}/manifests/${digest}`, signal)
      const content = await buffer(answer)
      const type = answer.headers['content-type'] ?? 'application/vnd.oci.image.manifest.v1+json'
      const put =
        answer.statusCode === 200
          ? await ask('PUT', `/v2/${repository}/manifests/${tag}`, signal, { type, content })
          : answer
      const words = put === answer ? '' : (await buffer(put)).toString().slice(0, mostWords)
      if (put.statusCode === 201) return
      throw new StepError(
        'deploy',
        `the registry ${host} refused ${repository}:${tag} with status ${put.statusCode ?? 0}`,
        { evidence: words === '' ? [] : [words] },
      )
    },
  }
}

function authorization(credentials: RegistryCredentials): { readonly Authorization?: string } {
  const proof = credentials.reveal()
  if (proof.kind !== 'password') return {}
  return {
    Authorization: `Basic ${Buffer.from(`${proof.username}:${proof.password}`).toString('base64')}`,
  }
}

function wordsOf(error: unknown): string {
  // Of several addresses that all refused, Node says nothing itself.
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message
  return error instanceof Error ? error.message : String(error)
}
