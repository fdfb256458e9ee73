import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bare } from '../resolve/bare.ts'
import { problemsOf, resolvedStack } from '../resolve/stack.ts'
import { folderWith, runCommand, type Ran } from './run-command.ts'

async function initIn(
  files: Readonly<Record<string, string>>,
): Promise<{ ran: Ran; text: string; folder: string }> {
  const folder = join(await folderWith(), 'Todo_App')
  await mkdir(folder)
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const ran = await runCommand(['init'], { cwd: folder })
  return { ran, text: await readFile(join(folder, 'iamstack.yaml'), 'utf8'), folder }
}

const dockerfile = `FROM golang:1.26-bookworm AS build
RUN go build -o /server .
FROM debian:bookworm-slim
EXPOSE 53/udp 9000
ENTRYPOINT ["/server"]
CMD ["--name", "a \${NAME} b"]
`

/** Node of the machine the test runs on names the image. */
const nodeImage = new RegExp(`node:${process.versions.node.split('.', 1)[0] ?? ''}-`, 'g')

const folders: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a Dockerfile': { Dockerfile: dockerfile },
  'a Dockerfile with a shell command': { Dockerfile: 'FROM busybox\nCMD httpd -f -p "$PORT"\n' },
  'a broken Dockerfile': { Dockerfile: 'FORM busybox\n' },
  'a Dockerfile and a program': {
    Dockerfile: dockerfile,
    'package.json': '{ "scripts": { "start": "node ." } }',
  },
  'a package without a start script': { 'package.json': '{ "main": "server.mjs" }' },
  'a package that is no JSON': { 'package.json': '{' },
  'a Go module': { 'go.mod': 'module example.test/todo\n\ngo 1.26.1\n' },
  'a Python program': { 'main.py': '' },
  nothing: {},
}

test.each(Object.entries(folders))(
  'init in a folder with %s: valid for process and compose',
  async (_what, files) => {
    const { ran, text } = await initIn(files)
    expect(ran.code).toBe(0)
    for (const profile of ['process', 'compose']) {
      expect(await problemsOf(text, { profile })).toBe('')
      const stack = await resolvedStack(text, { profile })
      expect([stack.name, stack.profile.target, [...stack.services.keys()]]).toEqual([
        'todo-app',
        profile,
        ['app'],
      ])
    }
  },
)

test.each(['a Dockerfile', 'a Go module', 'nothing'])(
  'what init writes in a folder with %s',
  async (what) => {
    const { ran, text, folder } = await initIn(folders[what] ?? {})
    const shown = `${ran.stdout.replaceAll(folder, '~')}\n${text}`
    expect(shown.replace(nodeImage, 'node:NN-')).toMatchSnapshot()
  },
)

test('the line of a Dockerfile reaches process.run as it was, with our own notation escaped', async () => {
  const { text } = await initIn({ Dockerfile: dockerfile })
  const stack = await resolvedStack(text, { profile: 'process' })
  const run = stack.services.get('app')?.process?.run
  expect(run && bare(run)).toEqual(['/server', '--name', 'a ${NAME} b'])
})

test('a stack file that is there stays, unless it is to be replaced', async () => {
  const folder = await folderWith({ 'iamstack.yaml': 'name: mine\n' })
  const refused = await runCommand(['init'], { cwd: folder })
  expect([refused.code, refused.stderr.replaceAll(folder, '~')]).toMatchInlineSnapshot(`
    [
      7,
      "error ~/iamstack.yaml is there already
      → iamstack validate checks it; --force replaces it
    ",
    ]
  `)
  expect(await readFile(join(folder, 'iamstack.yaml'), 'utf8')).toBe('name: mine\n')
  expect((await runCommand(['init', '--force'], { cwd: folder })).code).toBe(0)
  expect(await readFile(join(folder, 'iamstack.yaml'), 'utf8')).toContain('services:')
})

test.each(['123', '___', 'Über Größe', `${'long-'.repeat(20)}x`])(
  'a folder called %s gives a name that is allowed',
  async (name) => {
    const folder = join(await folderWith(), name)
    await mkdir(folder)
    await runCommand(['init'], { cwd: folder })
    expect(await problemsOf(await readFile(join(folder, 'iamstack.yaml'), 'utf8'))).toBe('')
  },
)
