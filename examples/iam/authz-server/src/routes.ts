import { isIP } from 'node:net'
import { fieldsOf } from '../../common/src/fields.ts'
import { badRequest, HttpError, unauthorized } from '../../common/src/http-error.ts'
import { audiences } from '../../common/src/names.ts'
import type { Request, Routes } from '../../common/src/router.ts'
import { bearerOf, readToken, whyInvalid } from '../../common/src/token.ts'
import type { Analytics } from './analytics.ts'
import type { Cache } from './cache.ts'
import { decide, type AuthzRequest } from './decide.ts'

/** Decisions, by the policies of whoever owns the secret that signed the request. */
export function authzRoutes(cache: Cache, analytics: Analytics): Routes {
  return {
    'POST /v1/authz': (request) => {
      const username = ownerOfToken(cache, request)
      const asked = readRequest(request.body)
      const decision = decide(cache.policiesOf(username), asked)
      const { subject, action, resource } = asked
      analytics.record({ username, subject, action, resource, ...decision })
      return { body: decision }
    },
    // What has arrived here of the caller's own: whoever has just changed a policy can wait for it.
    'GET /v1/policies': (request) => {
      const policies = cache.policiesOf(ownerOfToken(cache, request))
      return { body: { items: policies.map(({ policy }) => policy) } }
    },
  }
}

function ownerOfToken(cache: Cache, { raw }: Request): string {
  if (!cache.isLoaded()) throw new HttpError(503, 'not-ready', 'policies and secrets are not loaded yet')
  const bearer = bearerOf(raw.headers.authorization)
  if (bearer === undefined) throw unauthorized('a bearer token, signed with one of your secrets, is missing')
  const token = readToken(bearer)
  const secret = token && cache.key(token.keyId)
  if (!token || !secret) throw unauthorized('the token names no secret that is known here')
  const reason = whyInvalid(token, secret.key, audiences.authz)
  if (reason !== undefined) throw unauthorized(reason)
  if (secret.expiresAt !== '' && Date.parse(secret.expiresAt) <= Date.now())
    throw unauthorized('the secret has expired')
  return secret.owner
}

function readRequest(body: unknown): AuthzRequest {
  const fields = fieldsOf(body)
  fields.only('', ['subject', 'action', 'resource', 'context'])
  const request: AuthzRequest = {
    subject: fields.text('subject', { most: 1024 }),
    action: fields.text('action', { most: 1024 }),
    resource: fields.text('resource', { most: 1024 }),
    context: fields.has('context.ip') ? { ip: fields.text('context.ip') } : {},
  }
  const { ip } = request.context
  if (ip !== undefined && isIP(ip) === 0) fields.reject('context.ip must be an address such as 10.1.2.3')
  if (fields.problems.length > 0) throw badRequest('the request is not valid', fields.problems)
  return request
}
