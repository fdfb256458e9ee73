import type { IncomingMessage } from 'node:http'
import { HttpError, notFound } from './http-error.ts'

export interface Request {
  readonly raw: IncomingMessage
  /** Values of the `:name` parts of the route. */
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** The body as JSON; undefined where there is none. */
  readonly body: unknown
}

export interface Answer {
  /** Default: 200. */
  readonly status?: number
  /** A text is sent as it is, anything else as JSON; absent: no content. */
  readonly body?: unknown
}

export type Handler = (request: Request) => Answer | Promise<Answer>

/** `GET /v1/users/:name` → what answers it. */
export type Routes = Readonly<Record<string, Handler>>

export interface Match {
  readonly handler: Handler
  readonly route: string
  readonly parameters: Readonly<Record<string, string>>
}

/** Finds the route of a request. HttpError 404 where no path fits, 405 where one does but not the method. */
export function createRouter(routes: Routes): (method: string, path: string) => Match {
  const table = Object.entries(routes).map(([route, handler]) => {
    const [method = '', pattern = ''] = route.split(' ')
    return { route, handler, method, parts: pattern.split('/') }
  })
  return (method, path) => {
    const parts = path.split('/')
    const fitting = table.flatMap((entry) => {
      const parameters = match(entry.parts, parts)
      return parameters ? [{ ...entry, parameters }] : []
    })
    const found = fitting.find((entry) => entry.method === method)
    if (found) return found
    if (fitting.length === 0) throw notFound(`nothing is at ${path}`)
    const allowed = fitting.map((entry) => entry.method).join(', ')
    throw new HttpError(405, 'method-not-allowed', `${path} takes ${allowed}, not ${method}`)
  }
}

function match(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [index, expected] of pattern.entries()) {
    const part = parts[index] ?? ''
    if (!expected.startsWith(':')) {
      if (expected !== part) return undefined
      continue
    }
    const value = decode(part)
    if (value === undefined || value === '') return undefined
    parameters[expected.slice(1)] = value
  }
  return parameters
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}
