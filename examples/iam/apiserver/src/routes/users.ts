import type { Fields } from '../../../common/src/fields.ts'
import { badRequest, forbidden, notFound } from '../../../common/src/http-error.ts'
import { nameExpected, nameForm } from '../../../common/src/policy.ts'
import type { Routes } from '../../../common/src/router.ts'
import { demandAdmin, type Caller } from '../authenticate.ts'
import { forCaller, orConflict, readBody, readPage, type Context } from '../context.ts'
import { createUser, deleteUser, findUser, listUsers, updateUser, type User } from '../users.ts'

/** Administrators see and change everybody, others themselves. */
export function userRoutes(context: Context): Routes {
  const { database, announce } = context
  return {
    'GET /v1/users': forCaller(context, async ({ query }, caller) => {
      const { limit, offset } = readPage(query)
      const items = caller.isAdmin
        ? await listUsers(database, limit, offset)
        : [await userNamed(context, caller.name, caller)]
      return { body: { items } }
    }),
    'POST /v1/users': forCaller(context, async ({ body }, caller) => {
      demandAdmin(caller)
      const user = readBody(body, (fields) => {
        fields.only('', ['name', 'email', 'password'])
        return {
          name: fields.text('name', { form: nameForm, expected: nameExpected }),
          email: readEmail(fields),
          password: readPassword(fields),
          isAdmin: false,
        }
      })
      await orConflict(`user ${user.name}`, createUser(database, user))
      return { status: 201, body: await userNamed(context, user.name, caller) }
    }),
    'GET /v1/users/:name': forCaller(context, async ({ parameters }, caller) => ({
      body: await userNamed(context, parameters['name'], caller),
    })),
    'PUT /v1/users/:name': forCaller(context, async ({ parameters, body }, caller) => {
      const { name } = await userNamed(context, parameters['name'], caller)
      const change = readBody(body, (fields) => {
        fields.only('', ['email', 'password'])
        return {
          ...(fields.has('email') && { email: readEmail(fields) }),
          ...(fields.has('password') && { password: readPassword(fields) }),
        }
      })
      await updateUser(database, name, change)
      return { body: await userNamed(context, name, caller) }
    }),
    'DELETE /v1/users/:name': forCaller(context, async ({ parameters }, caller) => {
      demandAdmin(caller)
      const { name } = await userNamed(context, parameters['name'], caller)
      if (name === 'admin') throw badRequest('the administrator cannot be deleted')
      await deleteUser(database, name)
      announce('secrets')
      announce('policies')
      return {}
    }),
  }
}

async function userNamed({ database }: Context, name = '', caller: Caller): Promise<User> {
  if (name !== caller.name && !caller.isAdmin) throw forbidden('this is somebody else')
  const user = await findUser(database, name)
  if (!user) throw notFound(`there is no user ${name}`)
  return user
}

function readEmail(fields: Fields): string {
  return fields.text('email', {
    form: /^[^\s@]+@[^\s@]+$/,
    expected: 'an address such as someone@example.com',
  })
}

function readPassword(fields: Fields): string {
  return fields.text('password', { least: 8, most: 1024 })
}
