import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sandbox, targets, urlOf, type Ended, type Sandbox } from './cli.ts'
import { docker, dockerThingsOf, filesBelow, processesOf } from './machine.ts'
import { listens, program, programMount, serverFile, serverService } from './small-stack.ts'

const given = {
  byEnv: 'iam59!z$-from-the-environment',
  byFile: 'kept in a file: "quoted"',
  byCommand: "said by 'a command'",
}

describe.each(targets)('%s', (target) => {
  test('no secret is in any output, argument list, label or file open to others', async () => {
    const box = sandbox()
    writeStack(box)
    const on = ['--profile', target]
    const options = { env: { SECRET_BY_ENV: given.byEnv } }
    const outputs: Ended[] = []
    const run = async (...words: string[]): Promise<void> => {
      outputs.push(await box.run(words, options))
    }

    await run('plan', ...on)
    await run('up', ...on, '--progress', 'plain')
    const secrets = { ...given, ...generatedIn(box) }
    expect(Object.keys(secrets)).toHaveLength(4)
    // The program has them all, and writes them to its log.
    const url = await urlOf(box, on)
    expect(Object.values(JSON.parse(readMounted(box, on)) as Record<string, string>).sort()).toEqual(
      Object.values(secrets).sort(),
    )
    for (const value of Object.values(secrets)) await fetch(`${url}/say/${encodeURIComponent(value)}`)
    const seenWhileRunning = [argumentsOfAll(), ...(target === 'compose' ? [describeInEngine(box)] : [])]

    await run('up', ...on, '--progress', 'json')
    await run('status', ...on, '-o', 'json')
    await run('logs', ...on)
    await run('logs', ...on, '-o', 'json')
    await run('render', ...on)
    await run('render', ...on, '-o', 'json')
    await run('vars', ...on, '-o', 'json')
    box.edit('iamstack.yaml', 'GREETING: one', 'GREETING: two')
    await run('up', ...on, '--progress', 'json', '--report-dir', join(box.folder, 'report'))
    box.edit(
      'iamstack.yaml',
      'node:20-bookworm-slim\n    command: [node, /app',
      'node:20-bookworm-slim\n    command: [sh, -c, "cat /run/secrets/all/*; exit 1"] # [node, /app',
    )
    box.edit(
      'iamstack.yaml',
      'run: "node ${mount./app/server.mjs}"',
      'run: "cat ${mount./run/secrets/all}/*; exit 1"',
    )
    await run('up', ...on, '--progress', 'json')
    expect(outputs.at(-1)?.code).toBe(4)
    await run('logs', ...on)
    await run('down', ...on, '--progress', 'json')

    const places: readonly (readonly [string, string])[] = [
      ...outputs.map(({ stdout, stderr }, index) => [`output ${String(index)}`, stdout + stderr] as const),
      ...seenWhileRunning.map((text, index) => [`machine ${String(index)}`, text] as const),
      ...openFilesOf(box),
    ]
    const found = Object.entries(secrets).flatMap(([name, value]) =>
      formsOf(value).flatMap((form) =>
        places.flatMap(([place, text]) => (text.includes(form) ? [`${name} in ${place}`] : [])),
      ),
    )
    expect(found).toEqual([])
    // What was looked at is what we think it is.
    expect(outputs.map(({ stdout, stderr }) => stdout + stderr).join('')).toContain('***')
  })
})

/** As it is, as JSON writes it, and in base64 without the ends that depend on its neighbours. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value)
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
  ]
}

function writeStack(box: Sandbox): void {
  box.copy(serverFile, 'server.mjs')
  box.write({ 'by-file.txt': given.byFile, 'by-command.txt': given.byCommand })
  box.write({
    'iamstack.yaml': `version: 1
name: ${box.name}
${program}
secrets:
  all:
    made: { generate: 24 }
    by-env: { env: SECRET_BY_ENV }
    by-file: { file: ./by-file.txt }
    by-command: { command: [cat, by-command.txt] }
services:${serverService(
      'web',
      `env: { ${listens}, GREETING: one, SECRETS: "\${mount./run/secrets/all}" }
expose: { http: local }
mounts: { ${programMount}, /run/secrets/all: { secret: all } }`,
    )}`,
  })
}

function readMounted(box: Sandbox, on: readonly string[]): string {
  const script = `const fs = require('fs'), at = process.env.SECRETS
console.log(JSON.stringify(Object.fromEntries(fs.readdirSync(at).map((key) => [key, fs.readFileSync(at + '/' + key, 'utf8')]))))`
  const running = { cwd: box.folder, encoding: 'utf8' } as const
  if (on.includes('compose')) return docker('exec', containerOf(box), 'node', '-e', script)
  const [pid] = processesOf(box.name).filter((each) =>
    readFileSync(`/proc/${String(each)}/cmdline`, 'utf8').includes('server.mjs'),
  )
  const environ = readFileSync(`/proc/${String(pid)}/environ`, 'utf8').split('\0')
  const folder = environ.find((each) => each.startsWith('SECRETS='))?.slice('SECRETS='.length) ?? ''
  return execFileSync(process.execPath, ['-e', script], { ...running, env: { SECRETS: folder } })
}

function containerOf(box: Sandbox): string {
  return `${box.name}-e2e-web-1`
}

/** The value that the program made, from the files that only its owner may read. */
function generatedIn(box: Sandbox): { made: string } {
  const [path] = filesBelow(box.state).filter((each) => each.endsWith('secrets/all.json'))
  const file = join(box.state, path ?? '')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const made = /[A-Za-z0-9]{24}/.exec(readFileSync(file, 'utf8'))?.[0]
  if (made === undefined) throw new Error(`no value in ${file}`)
  return { made }
}

function argumentsOfAll(): string {
  if (process.platform !== 'linux')
    return execFileSync('ps', ['-axww', '-o', 'command='], { encoding: 'utf8' })
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        // It ended meanwhile.
        return ''
      }
    })
    .join('\n')
}

function describeInEngine(box: Sandbox): string {
  return dockerThingsOf(box.name)
    .map((thing) => thing.split(' ') as [string, string])
    .map(([kind, name]) => docker(kind, 'inspect', name))
    .join('\n')
}

/** Files of the sandbox with their content: all of the project but the sources of secrets, and of the state what others may read. */
function openFilesOf(box: Sandbox): (readonly [string, string])[] {
  const project = filesBelow(box.folder).filter((path) => !path.startsWith('by-'))
  const state = filesBelow(box.state).filter((path) => (statSync(join(box.state, path)).mode & 0o077) !== 0)
  return [
    ...project.map((path) => [path, readFileSync(join(box.folder, path), 'utf8')] as const),
    ...state.map((path) => [path, readFileSync(join(box.state, path), 'utf8')] as const),
  ]
}
