/** An answer that is not a success. `code` is for programs, `message` for people; neither holds a secret. */
export class HttpError extends Error {
  readonly status: number
  readonly code: string
  /** All that is wrong with the input, one entry each; empty where the message says it all. */
  readonly details: readonly string[]

  constructor(status: number, code: string, message: string, details: readonly string[] = []) {
    super(message)
    this.status = status
    this.code = code
    this.details = details
  }
}

export const badRequest = (message: string, details: readonly string[] = []): HttpError =>
  new HttpError(400, 'bad-request', message, details)
export const unauthorized = (message: string): HttpError => new HttpError(401, 'unauthorized', message)
export const forbidden = (message: string): HttpError => new HttpError(403, 'forbidden', message)
export const notFound = (message: string): HttpError => new HttpError(404, 'not-found', message)
export const conflict = (message: string): HttpError => new HttpError(409, 'conflict', message)
