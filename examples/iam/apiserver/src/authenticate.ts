import { TLSSocket, type PeerCertificate } from 'node:tls'
import { forbidden, unauthorized } from '../../common/src/http-error.ts'
import { audiences } from '../../common/src/names.ts'
import type { Request } from '../../common/src/router.ts'
import { bearerOf, readToken, whyInvalid } from '../../common/src/token.ts'
import type { Database } from './database/database.ts'
import { findUser } from './users.ts'

/** Who sends a request. */
export interface Caller {
  readonly name: string
  readonly isAdmin: boolean
}

/**
 * Believes a bearer token that `POST /login` made, else a client certificate of our authority, whose common name is the user.
 * The user is looked up each time: who was deleted is out at once.
 */
export function createAuthenticator(
  database: Database,
  tokenKey: string,
): (request: Request) => Promise<Caller> {
  return async (request) => {
    const name = nameOf(request, tokenKey)
    const user = await findUser(database, name)
    if (!user) throw unauthorized('the user does not exist any more')
    return { name: user.name, isAdmin: user.isAdmin }
  }
}

/** HttpError 403 for everybody but administrators. */
export function demandAdmin(caller: Caller): void {
  if (!caller.isAdmin) throw forbidden('only an administrator may do this')
}

/** The owner that a request is about: the caller, or whom an administrator names by `?owner=`. */
export function ownerOf({ query }: Request, caller: Caller): string {
  const owner = query.get('owner') ?? caller.name
  if (owner !== caller.name && !caller.isAdmin) throw forbidden('this belongs to somebody else')
  return owner
}

function nameOf({ raw }: Request, tokenKey: string): string {
  const bearer = bearerOf(raw.headers.authorization)
  if (bearer === undefined) {
    const name = certifiedName(raw.socket)
    if (name === undefined) throw unauthorized('a bearer token is missing: POST /login hands one out')
    return name
  }
  const token = readToken(bearer)
  if (!token) throw unauthorized('this is no token of ours')
  const reason = whyInvalid(token, tokenKey, audiences.apiserver)
  if (reason !== undefined) throw unauthorized(reason)
  return token.claims.sub
}

function certifiedName(socket: unknown): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  // A resumed session may come without its certificate, whatever the type says.
  const { subject } = socket.getPeerCertificate() as Partial<PeerCertificate>
  const name: unknown = subject?.CN
  return typeof name === 'string' ? name : undefined
}
