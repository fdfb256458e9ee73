import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadConfig } from '../src/config.ts'

let folder = ''
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'iam-config-'))))
afterEach(() => rm(folder, { recursive: true }))

async function file(name: string, content: string): Promise<string> {
  await writeFile(join(folder, name), content)
  return join(folder, name)
}

test('values come typed, secrets from the files that are named', async () => {
  const password = await file('password', 'hunter2\n')
  const config = await file('iam.yaml', `listen: { http: 8080 }\ndatabase: { password-file: ${password} }\n`)
  const read = await loadConfig(config, (each) => ({
    port: each.port('listen.http'),
    password: each.file('database.password-file'),
    level: each.logLevel(),
  }))
  expect(read).toEqual({ port: 8080, password: 'hunter2', level: 'info' })
})

test('all mistakes of a configuration are one message', async () => {
  const config = await file('iam.yaml', 'listen: { http: 80800 }\nlog: { level: loud }\n')
  const reading = loadConfig(config, (each) => [
    each.port('listen.http'),
    each.port('listen.https'),
    each.text('listen.host'),
    each.logLevel(),
    each.file('keys.token-file'),
  ])
  const message = await reading.then(String, (error: unknown) => String(error).replace(folder, ''))
  expect(message).toMatchInlineSnapshot(
    `"Error: /iam.yaml: listen.http must be a whole number from 1 to 65535; listen.https is missing; listen.host is missing; log.level must be one of debug, info, warn, error; keys.token-file is missing"`,
  )
})

test('a file that is not there or no YAML is said by name', async () => {
  await expect(loadConfig(join(folder, 'none.yaml'), () => 0)).rejects.toThrow(
    /cannot be read: ENOENT.*none\.yaml/,
  )
  await expect(loadConfig(await file('bad.yaml', 'a: [1'), () => 0)).rejects.toThrow(/bad\.yaml: /)
})
