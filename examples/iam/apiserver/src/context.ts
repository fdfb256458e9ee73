import type { Log } from '../../common/src/log.ts'
import type { Handler, Request } from '../../common/src/router.ts'
import { badRequest, conflict } from '../../common/src/http-error.ts'
import { fieldsOf, type Fields } from '../../common/src/fields.ts'
import { DuplicateError, type Database } from './database/database.ts'
import type { Caller } from './authenticate.ts'

/** What the routes of the apiserver work with. */
export interface Context {
  readonly database: Database
  readonly log: Log
  readonly tokenKey: string
  readonly serviceKey: string
  /** HttpError 401 where the request does not prove who sends it. */
  readonly authenticate: (request: Request) => Promise<Caller>
  /** Tells the authz-servers that something they hold a copy of is another now. */
  readonly announce: (kind: 'policies' | 'secrets') => void
}

/** A handler that knows its caller. */
export function forCaller(
  { authenticate }: Context,
  handle: (request: Request, caller: Caller) => ReturnType<Handler>,
): Handler {
  return async (request) => handle(request, await authenticate(request))
}

/** Reads a body; HttpError 400 with everything that is wrong with it. */
export function readBody<T>(body: unknown, read: (fields: Fields) => T): T {
  const fields = fieldsOf(body)
  const value = read(fields)
  if (fields.problems.length > 0) throw badRequest('the request is not valid', fields.problems)
  return value
}

/** `?limit=` from 1 to 1000 (default 100) and `?offset=`. */
export function readPage(query: URLSearchParams): { readonly limit: number; readonly offset: number } {
  const words = [...query].filter(([key]) => key === 'limit' || key === 'offset')
  const numbers = Object.fromEntries(words.map(([key, value]) => [key, value === '' ? NaN : Number(value)]))
  return readBody(numbers, (fields) => ({
    limit: fields.integer('limit', { least: 1, most: 1000, otherwise: 100 }),
    offset: fields.integer('offset', { least: 0, most: 1_000_000, otherwise: 0 }),
  }))
}

/** Runs an insert; HttpError 409 where the name is taken. */
export async function orConflict<T>(what: string, insert: Promise<T>): Promise<T> {
  try {
    return await insert
  } catch (error) {
    throw error instanceof DuplicateError ? conflict(`${what} exists already`) : error
  }
}
