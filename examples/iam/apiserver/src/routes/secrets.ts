import type { Fields } from '../../../common/src/fields.ts'
import { notFound } from '../../../common/src/http-error.ts'
import { nameExpected, nameForm } from '../../../common/src/policy.ts'
import type { Routes } from '../../../common/src/router.ts'
import { ownerOf } from '../authenticate.ts'
import { forCaller, orConflict, readBody, readPage, type Context } from '../context.ts'
import { createSecret, deleteSecret, findSecret, listSecrets, updateSecret, type Secret } from '../secrets.ts'

/** Of the caller; an administrator lists those of all and reaches one of another by `?owner=`. */
export function secretRoutes(context: Context): Routes {
  const { database, announce } = context
  return {
    'GET /v1/secrets': forCaller(context, async (request, caller) => {
      const { limit, offset } = readPage(request.query)
      const owner = caller.isAdmin && !request.query.has('owner') ? undefined : ownerOf(request, caller)
      return { body: { items: await listSecrets(database, owner, limit, offset) } }
    }),
    'POST /v1/secrets': forCaller(context, async ({ body }, caller) => {
      const secret = readBody(body, (fields) => {
        fields.only('', ['name', 'description', 'expiresAt'])
        return { name: fields.text('name', { form: nameForm, expected: nameExpected }), ...readRest(fields) }
      })
      const owner = caller.name
      const { key } = await orConflict(`secret ${secret.name}`, createSecret(database, { owner, ...secret }))
      announce('secrets')
      return { status: 201, body: { ...(await secretNamed(context, owner, secret.name)), key } }
    }),
    'GET /v1/secrets/:name': forCaller(context, async (request, caller) => ({
      body: await secretNamed(context, ownerOf(request, caller), request.parameters['name']),
    })),
    'PUT /v1/secrets/:name': forCaller(context, async (request, caller) => {
      const { owner, name } = await secretNamed(context, ownerOf(request, caller), request.parameters['name'])
      const change = readBody(request.body, (fields) => {
        fields.only('', ['description', 'expiresAt'])
        return readRest(fields)
      })
      await updateSecret(database, { owner, name, ...change })
      announce('secrets')
      return { body: await secretNamed(context, owner, name) }
    }),
    'DELETE /v1/secrets/:name': forCaller(context, async (request, caller) => {
      const { owner, name } = await secretNamed(context, ownerOf(request, caller), request.parameters['name'])
      await deleteSecret(database, owner, name)
      announce('secrets')
      return {}
    }),
  }
}

async function secretNamed({ database }: Context, owner: string, name = ''): Promise<Secret> {
  const secret = await findSecret(database, owner, name)
  if (!secret) throw notFound(`${owner} has no secret ${name}`)
  return secret
}

function readRest(fields: Fields): Pick<Secret, 'description' | 'expiresAt'> {
  const description = fields.text('description', { otherwise: '', least: 0 })
  const expiresAt = fields.text('expiresAt', { otherwise: '', least: 0 })
  const time = expiresAt === '' ? undefined : new Date(expiresAt)
  if (time && Number.isNaN(time.valueOf()))
    fields.reject('expiresAt must be a time such as 2030-01-31T12:00:00Z')
  return { description, expiresAt: time && !Number.isNaN(time.valueOf()) ? time.toISOString() : '' }
}
