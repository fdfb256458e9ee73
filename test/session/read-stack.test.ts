import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readArguments } from '../../src/commands/arguments.ts'
import { commands } from '../../src/commands/table.ts'
import { readStack } from '../../src/session/read-stack.ts'

test('S10: unknown names, undefined variables and missing files of one stack are told in one run, in the order of lines', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'iamstack-read-'))
  onTestFinished(() => rm(cwd, { recursive: true }))
  await writeFile(
    join(cwd, 'iamstack.yaml'),
    `version: 1
name: broken
services:
  web:
    image: busybox
    env: { A: "\${service.nowhere.host}", B: "\${UNDEFINED}" }
    mounts: { /etc/x: { config: app } }
configs: { app: { files: ./missing.txt } }
`,
  )
  const entry = commands.find(({ name }) => name === 'validate')!
  const read = await readStack({
    given: readArguments(entry, ['--profile', 'compose'], {}),
    env: {},
    cwd,
    fallbackTarget: 'compose',
  })
  const errors = read.ok ? [] : read.errors
  expect(errors.map(({ span, code }) => `${span?.line ?? 0} ${code}`)).toEqual([
    '6 reference/service',
    '6 vars/undefined',
    '8 config/no-files',
  ])
})
