import { unauthorized } from '../../../common/src/http-error.ts'
import { audiences } from '../../../common/src/names.ts'
import type { Routes } from '../../../common/src/router.ts'
import { signToken } from '../../../common/src/token.ts'
import { readBody, type Context } from '../context.ts'
import { checkPassword } from '../users.ts'

const lifetimeSeconds = 2 * 60 * 60

export function loginRoutes({ database, tokenKey }: Context): Routes {
  return {
    'POST /login': async ({ body }) => {
      const { username, password } = readBody(body, (fields) => {
        fields.only('', ['username', 'password'])
        return { username: fields.text('username'), password: fields.text('password', { most: 1024 }) }
      })
      if (!(await checkPassword(database, username, password)))
        throw unauthorized('user name or password is wrong')
      const token = signToken({
        subject: username,
        audience: audiences.apiserver,
        keyId: 'login',
        key: tokenKey,
        lifetimeSeconds,
      })
      const expiresAt = new Date(Date.now() + lifetimeSeconds * 1000).toISOString()
      return { body: { token, expiresAt } }
    },
  }
}
