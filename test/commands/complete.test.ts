import { execFile } from 'node:child_process'
import { chmod, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { complete } from '../../src/commands/complete.ts'
import { commands } from '../../src/commands/table.ts'
import { folderWith, runCommand } from './run-command.ts'

const root = join(import.meta.dirname, '..', '..')

const stack = {
  'iamstack.yaml': `
name: todo
include: parts/web.yaml
images: { app: { context: . } }
services:
  api: { image: app }
  db: { image: redis:7 }
smoke:
  healthy: { tcp: "api:http" }
`,
  'parts/web.yaml': 'services:\n  web: { image: busybox }\n',
  'profiles/dev.yaml': 'target: process\n',
  'profiles/staging.yml': 'target: compose\n',
  'profiles/dev.local.yaml': '',
  'other/stack.yaml': 'name: other\nservices: { elsewhere: { image: busybox } }\n',
  'sub/folder/.keep': '',
}

/** What is offered for the last word of a line. */
async function offered(cwd: string, ...words: readonly string[]): Promise<string[]> {
  const stdout = new PassThrough()
  const { signal } = new AbortController()
  const { platform } = process
  const code = await complete(['--', ...words], {
    env: {},
    cwd,
    stdin: new PassThrough(),
    stdout,
    stderr: stdout,
    platform,
    signal,
  })
  expect(code).toBe(0)
  return ((stdout.read() as Buffer | null)?.toString() ?? '').split('\n').filter((line) => line !== '')
}

test('the first word is a command', async () => {
  const cwd = await folderWith()
  expect(await offered(cwd)).toEqual([...commands.map(({ name }) => name), 'help', '--help', '--version'])
  expect(await offered(cwd, 's')).toEqual(['smoke', 'scale', 'status', 'schema'])
  expect(await offered(cwd, 'help', 'pl')).toEqual(['plan'])
  expect(await offered(cwd, 'nonsense', '')).toEqual([])
})

test('S65: services, profiles, images and smoke tests of the stack file, from a folder below it too', async () => {
  const cwd = await folderWith(stack)
  expect(await offered(cwd, 'logs', '')).toEqual(['api', 'db', 'web'])
  expect(await offered(join(cwd, 'sub', 'folder'), 'up', 'api', 'd')).toEqual(['db'])
  expect((await offered(cwd, 'up', '--profile', '')).sort()).toEqual(['compose', 'dev', 'process', 'staging'])
  expect(await offered(cwd, 'up', '-p', 'st')).toEqual(['staging'])
  expect(await offered(cwd, 'up', '-p', 'dev,co')).toEqual(['dev,compose'])
  expect(await offered(cwd, 'build', '')).toEqual(['app'])
  expect(await offered(cwd, 'smoke', '')).toEqual(['healthy'])
})

test('a file that the line names counts, in each of its forms', async () => {
  const cwd = await folderWith(stack)
  for (const words of [
    ['-f', 'other/stack.yaml'],
    ['--file', 'other/stack.yaml'],
    ['--file=other/stack.yaml'],
  ])
    expect(await offered(cwd, 'up', ...words, '')).toEqual(['elsewhere'])
  // There it means follow.
  expect(await offered(cwd, 'logs', '-f', '')).toEqual(['api', 'db', 'web'])
})

test('options, their choices, and assignments as each shell hands them over', async () => {
  const cwd = await folderWith(stack)
  expect(await offered(cwd, 'up', '--no-')).toEqual([
    '--no-deps',
    '--no-wait',
    '--no-smoke',
    '--no-build',
    '--no-forward',
  ])
  expect(await offered(cwd, 'up', '--progress', '')).toEqual(['auto', 'tty', 'plain', 'json', 'quiet'])
  expect(await offered(cwd, 'up', '--progress', '=', 'p')).toEqual(['plain'])
  expect(await offered(cwd, 'up', '--profile', '=')).toContain('dev')
  expect(await offered(cwd, 'up', '--profile=d')).toEqual(['--profile=dev'])
  expect(await offered(cwd, 'completion', '')).toEqual(['bash', 'zsh', 'fish'])
  expect(await offered(cwd, 'schema', 'r')).toEqual(['results'])
  expect(await offered(cwd, 'up', '--instance', '')).toEqual([])
})

test('after the service of exec comes another command line', async () => {
  const cwd = await folderWith(stack)
  expect(await offered(cwd, 'exec', 'a')).toEqual(['api'])
  expect(await offered(cwd, 'exec', '--replica', '2', 'w')).toEqual(['web'])
  expect(await offered(cwd, 'exec', 'api', 'd')).toEqual([])
  expect(await offered(cwd, 'exec', 'api', '-')).toEqual([])
})

test('outside a stack, in a broken one and in one that cannot be read nothing is offered and nothing fails', async () => {
  expect(await offered(await folderWith(), 'logs', '')).toEqual([])
  expect(await offered(await folderWith({ 'iamstack.yaml': 'services: {' }), 'logs', '')).toEqual([])
  expect(await offered(await folderWith({ 'iamstack.yaml/is-a-folder': '' }), 'logs', '')).toEqual([])
  expect(await offered(await folderWith(), 'up', '-p', 'p')).toEqual(['process'])
})

test('a shell that is not known', async () => {
  const { code, stderr } = await runCommand(['completion', 'tcsh'], { cwd: await folderWith() })
  expect([code, stderr]).toMatchInlineSnapshot(`
    [
      2,
      "error completion: expected one of bash, zsh, fish, got tcsh
    ",
    ]
  `)
})

test(
  'S65: the script, sourced in a real bash, completes commands, profiles and services',
  { timeout: 60_000 },
  async () => {
    const cwd = await folderWith(stack)
    const bin = await folderWith()
    await writeFile(join(bin, 'iamstack'), `#!/bin/sh\nexec ${(await commandLine()).join(' ')} "$@"\n`)
    await chmod(join(bin, 'iamstack'), 0o755)
    // What readline does: splits the line at its word breaks, calls the registered function, takes COMPREPLY.
    const lines = [
      'iamstack sta',
      'iamstack up -p st',
      'iamstack logs ',
      'iamstack up --profile = d',
      'iamstack up --profile =',
    ]
    const script = `
source <(iamstack completion bash)
complete -p iamstack
ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _iamstack; echo "$* -> \${COMPREPLY[*]}"; }
${lines.map((line) => `ask ${line.endsWith(' ') ? `${line}''` : line}`).join('\n')}
`
    const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', script], {
      cwd,
      env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined, PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    })
    expect(stdout).toMatchInlineSnapshot(`
      "complete -o default -F _iamstack iamstack
      iamstack sta -> status
      iamstack up -p st -> staging
      iamstack logs  -> api db web
      iamstack up --profile = d -> dev
      iamstack up --profile = -> dev staging process compose
      "
    `)
  },
)

/** The bundle where it is up to date, as `npm test` makes it first; else the sources. */
async function commandLine(): Promise<string[]> {
  const [bundled, ...sources] = await Promise.all(
    ['dist/.stamp', 'src/commands/complete.ts', 'src/commands/completion.ts', 'src/commands/names.ts'].map(
      (path) =>
        stat(join(root, path)).then(
          ({ mtimeMs }) => mtimeMs,
          () => 0,
        ),
    ),
  )
  return (bundled ?? 0) > Math.max(...sources)
    ? [process.execPath, join(root, 'dist', 'cli.js')]
    : [
        process.execPath,
        '--import',
        join(root, 'node_modules', 'tsx', 'dist', 'esm', 'index.mjs'),
        join(root, 'src', 'cli.ts'),
      ]
}
