import type { MethodDefinition, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'

/** One of the services that a build session offers to BuildKit. */
export interface BuildService {
  readonly definition: ServiceDefinition
  readonly implementation: UntypedServiceImplementation
}

/** What BuildKit did ask for that we do not have, or could not get. */
export interface Unanswered {
  /** Ids of secrets that nobody declared. */
  readonly unknownSecrets: Set<string>
  /** Errors met while fetching secrets or credentials. */
  readonly failures: Error[]
  /** Errors met while reading the files of the context. */
  readonly unsent: Error[]
}

export function nothingUnanswered(): Unanswered {
  return { unknownSecrets: new Set(), failures: [], unsent: [] }
}

/** A method seen from the side that answers; the two functions of the asking side are never called. */
export function method<Request, Response>(
  path: string,
  decode: (bytes: Buffer) => Request,
  encode: (value: Response) => Buffer,
  isStream = false,
): MethodDefinition<Request, Response> {
  return {
    path,
    requestStream: isStream,
    responseStream: isStream,
    requestDeserialize: decode,
    responseSerialize: encode,
    requestSerialize: neverAsked,
    responseDeserialize: neverAsked,
  }
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

function neverAsked(): never {
  throw new Error('a build session answers and does not ask')
}
