import { expect, test } from 'vitest'
import { hashPassword, isPassword } from '../src/password.ts'

test('a password fits its hash and no other, and two hashes of it differ', async () => {
  const hash = await hashPassword('Grüße 🔑')
  expect(hash).toMatch(/^scrypt\$16384\$8\$1\$[\w-]{22}\$[\w-]{43}$/)
  expect(await isPassword('Grüße 🔑', hash)).toBe(true)
  expect(await isPassword('Grüße 🔑'.normalize('NFD'), hash)).toBe(true)
  expect(await isPassword('grüße 🔑', hash)).toBe(false)
  expect(await hashPassword('Grüße 🔑')).not.toBe(hash)
})
