import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { describeRun, sandbox, statusOf, urlOf, type Sandbox, type Target } from '../e2e/cli.ts'
import { kubectl } from '../e2e/clusters.ts'
import { containersOf, docker, kill } from '../e2e/machine.ts'
import { ask, listens, programMount, serverService, writePair, writeServer } from '../e2e/small-stack.ts'

/**
 * What every driver owes, said once: each test runs the same stack with the same commands on each target and looks at what is
 * there afterwards.
 */
export function contract(target: Target): void {
  describe(target, () => tests(target))
}

function tests(target: Target): void {
  const on = ['--profile', target]
  const up = (box: Sandbox, ...more: string[]) => box.run(['up', ...on, '--progress', 'json', ...more])
  const planOf = async (box: Sandbox) => (await box.succeed(['plan', ...on])).stdout

  test('a service comes up, is left alone by a second up, and goes without a trace', async () => {
    const box = sandbox(target)
    writeServer(box)
    await box.succeed(['up', ...on])
    const { life, greeting } = await ask(await urlOf(box, on))
    expect(greeting).toBe('one')
    expect(await planOf(box)).toMatch(/^Nothing to do: \d resources? (is|are) as the stack says\.\n$/)
    const again = await up(box)
    expect(again.events.filter(({ type }) => type === 'step.started')).toEqual([])
    // JSON Lines and nothing else: every line is an event.
    expect(again.events).toHaveLength(again.stdout.trim().split('\n').length)
    expect((await ask(await urlOf(box, on))).life).toBe(life)
    await box.succeed(['down', ...on, '--all', '--yes'])
    expect(box.traces()).toEqual({ processes: [], docker: [], cluster: [], files: [] })
  })

  test('a changed config restarts exactly who reads it', async () => {
    const box = sandbox(target)
    writePair(box)
    await box.succeed(['up', ...on])
    const urls = { reader: await urlOf(box, on, 'reader'), other: await urlOf(box, on, 'other') }
    const before = { reader: await ask(urls.reader), other: await ask(urls.other) }
    box.write({ 'settings.txt': 'louder' })
    // Where a config is a thing of its own, it is changed first.
    const services = (await planOf(box)).match(/service\/\w+ +\w+(?: \w+)*/g) ?? []
    expect(services.map((line) => line.replace(/ +/, ' '))).toEqual([
      'service/reader config settings changed',
    ])
    await box.succeed(['up', ...on])
    expect((await ask(urls.reader)).settings).toBe('louder')
    expect((await ask(urls.other)).life).toBe(before.other.life)
  })

  test('a changed variable reaches the service, and goes back', async () => {
    const box = sandbox(target)
    writeServer(box)
    await box.succeed(['up', ...on])
    const url = await urlOf(box, on)
    for (const word of ['two', 'one']) {
      box.edit('iamstack.yaml', /GREETING: \w+/, `GREETING: ${word}`)
      expect(await planOf(box)).toContain('service/web  env changed')
      await box.succeed(['up', ...on])
      expect((await ask(url)).greeting).toBe(word)
    }
  })

  test('replicas all answer through the exposed port, and it stays the same from one to three and back', async () => {
    const box = sandbox(target)
    writeServer(box)
    await box.succeed(['up', ...on])
    const url = await urlOf(box, on)
    for (const count of [3, 1]) {
      await box.succeed(['scale', `web=${String(count)}`, ...on])
      const lives = new Set<string>()
      for (let asked = 0; asked < 12; asked += 1) lives.add((await ask(url)).life)
      expect(lives.size).toBe(count)
    }
    await box.succeed(['scale', 'web=3', ...on])
    expect((await statusOf(box, on)).get('service/web')).toMatchObject({
      replicas: { ready: 3 },
      drift: expect.any(String),
    })
    await box.succeed(['up', ...on])
    expect((await statusOf(box, on)).get('service/web')).toMatchObject({ replicas: { ready: 1, wanted: 1 } })
  })

  test('a service that was removed by hand is seen as drift, and up brings it back', async () => {
    const box = sandbox(target)
    writeServer(box, isCluster(target) ? '' : 'restart: "no"')
    await box.succeed(['up', ...on])
    const { life } = await ask(await urlOf(box, on))
    await removeByHand(box, target)
    const seen = await vi.waitUntil(
      async () => {
        const row = (await statusOf(box, on)).get('service/web')
        return row?.health === 'ready' ? undefined : row
      },
      { timeout: 20_000 },
    )
    expect(seen.drift).toMatch(/^(create|restart|replace): /)
    await box.succeed(['up', ...on])
    expect((await ask(await urlOf(box, on))).life).not.toBe(life)
    expect((await statusOf(box, on)).get('service/web')).toMatchObject({ health: 'ready' })
  })

  test('log lines are whole, the last ones on request, and following goes on through a restart', async () => {
    const box = sandbox(target)
    writeServer(box)
    await box.succeed(['up', ...on])
    const url = await urlOf(box, on)
    for (const word of ['red', 'green', 'blue']) await fetch(`${url}/say/${word}`)
    const textsOf = (stdout: string): string[] =>
      stdout.split('\n').flatMap((line) => (line === '' ? [] : [(JSON.parse(line) as { text: string }).text]))
    const logs = async (...more: string[]) =>
      textsOf((await box.succeed(['logs', ...on, '-o', 'json', ...more, 'web'])).stdout)
    await vi.waitFor(async () => expect(await logs()).toEqual(['listening', 'red', 'green', 'blue']), {
      timeout: 10_000,
    })
    expect(await logs('--tail', '2')).toEqual(['green', 'blue'])
    expect(await logs('--since', '10m')).toEqual(['listening', 'red', 'green', 'blue'])

    const following = box.start(['logs', ...on, '-o', 'json', '--follow', 'web'])
    await vi.waitUntil(() => following.output().includes('blue'), { timeout: 10_000 })
    await box.succeed(['restart', 'web', ...on])
    await fetch(`${await urlOf(box, on)}/say/after`)
    await vi.waitUntil(() => following.output().includes('"after"'), { timeout: 20_000 })
    following.kill('SIGINT')
    expect(await following.ended).toMatchObject({ code: 0 })
  })

  test('exec passes input in, and output and exit code back', async () => {
    const box = sandbox(target)
    writeServer(box)
    await box.succeed(['up', ...on])
    const ended = await box.run(
      ['exec', ...on, 'web', '--', 'sh', '-c', 'cat; echo "$GREETING"; echo no >&2; exit 7'],
      {
        stdin: 'from here\n',
      },
    )
    expect(ended).toMatchObject({ code: 7, stdout: 'from here\none\n', stderr: 'no\n' })
  })

  test('a job runs once for what it is made of, and a failing one holds back who needs it', async () => {
    const box = sandbox(target)
    writeServer(box, 'needs: { migrate: completed }', job('echo ran >> "$DATA/runs"'))
    await box.succeed(['up', ...on])
    box.edit('iamstack.yaml', 'GREETING: one', 'GREETING: two')
    await box.succeed(['up', ...on])
    box.edit('iamstack.yaml', /echo ran/g, 'echo  ran')
    await box.succeed(['up', ...on])
    expect(await runsOf(box, on)).toBe(2)
    box.edit('iamstack.yaml', /echo {2}ran/g, 'echo table is there; exit 3; echo ran')
    box.edit('iamstack.yaml', 'GREETING: two', 'GREETING: three')
    const failed = await up(box)
    expect(failed.code, describeRun(['up'], failed)).toBe(4)
    expect(failed.events.find(({ type }) => type === 'step.failed')).toMatchObject({
      resource: 'job/migrate',
      failure: {
        evidence: expect.arrayContaining(['table is there']),
        span: { file: join(box.folder, 'iamstack.yaml') },
      },
    })
    expect((await ask(await urlOf(box, on))).greeting).toBe('two')
  })

  test('init steps run in order, and a failing one keeps the service from starting', async () => {
    const box = sandbox(target)
    writeServer(
      box,
      `init: [ ${init('first', 'echo first >> "$DATA/runs"')}, ${init('second', 'echo second >> "$DATA/runs"')} ]`,
      'volumes: { data: {} }',
    )
    box.edit(
      'iamstack.yaml',
      `mounts: { ${programMount} }`,
      `mounts: { ${programMount}, /data: { volume: data } }`,
    )
    box.edit('iamstack.yaml', 'GREETING: one }', 'GREETING: one, DATA: "${mount./data}" }')
    await box.succeed(['up', ...on])
    const { stdout } = await box.succeed(['exec', ...on, 'web', '--', 'sh', '-c', 'cat "$DATA/runs"'])
    expect(stdout).toBe('first\nsecond\n')
    box.edit('iamstack.yaml', /echo second/g, 'echo no such table; exit 5; echo second')
    const failed = await up(box)
    expect(failed.code, describeRun(['up'], failed)).toBe(4)
    expect(failed.events.find(({ type }) => type === 'step.failed')).toMatchObject({
      resource: 'service/web',
      failure: {
        message: expect.stringContaining('second'),
        evidence: expect.arrayContaining(['no such table']),
      },
    })
  })

  test('a service that cascades is restarted with what it needs; one that does not is left alone', async () => {
    const box = sandbox(target)
    writeServer(
      box,
      '',
      `${serverService('follows', `env: { ${listens} }\nexpose: { http: local }\nmounts: { ${programMount} }\nneeds: { web: { is: healthy, cascade: true } }`)}${serverService('stays', `env: { ${listens} }\nexpose: { http: local }\nmounts: { ${programMount} }\nneeds: { web: healthy }`)}`,
    )
    await box.succeed(['up', ...on])
    const lives = async () => ({
      follows: (await ask(await urlOf(box, on, 'follows'))).life,
      stays: (await ask(await urlOf(box, on, 'stays'))).life,
    })
    const before = await lives()
    box.edit('iamstack.yaml', 'GREETING: one', 'GREETING: two')
    await box.succeed(['up', ...on])
    const after = await lives()
    expect(after.stays).toBe(before.stays)
    expect(after.follows).not.toBe(before.follows)
  })

  test('what the stack does not name any more is removed, its volume kept', async () => {
    const box = sandbox(target)
    writePair(box)
    const other = /\n {2}other:[\s\S]*?(?=\n\S|$)/.exec(box.read('iamstack.yaml'))?.[0] ?? ''
    await box.succeed(['up', ...on])
    box.edit('iamstack.yaml', other, '')
    await box.succeed(['up', ...on])
    const rows = await statusOf(box, on)
    expect([...rows.keys()].filter((id) => id.startsWith('service/'))).toEqual(['service/reader'])
    expect(await planOf(box)).toContain('Nothing to do')
  })

  test('data outlives down, and down --volumes deletes it', async () => {
    const box = sandbox(target)
    writeServer(box, '', 'volumes: { data: {} }')
    box.edit(
      'iamstack.yaml',
      `mounts: { ${programMount} }`,
      `mounts: { ${programMount}, /data: { volume: data } }`,
    )
    box.edit('iamstack.yaml', 'GREETING: one }', 'GREETING: one, DATA: "${mount./data}" }')
    await box.succeed(['up', ...on])
    await fetch(`${await urlOf(box, on)}/data`, { method: 'POST', body: 'kept' })
    await box.succeed(['down', ...on])
    expect(box.traces().processes).toEqual([])
    await box.succeed(['up', ...on])
    expect(await (await fetch(`${await urlOf(box, on)}/data`)).text()).toBe('kept')
    await box.succeed(['down', ...on, '--volumes'])
    const { processes, docker: things, files } = box.traces()
    expect({ processes, things, volumes: files.filter((path) => path.includes('/volumes/')) }).toEqual({
      processes: [],
      things: [],
      volumes: [],
    })
  })
}

function isCluster(target: Target): boolean {
  return target === 'docker-desktop' || target === 'kind'
}

function job(script: string): string {
  return `
jobs:
  migrate:
    image: node:20-bookworm-slim
    command: [sh, -c, '${script}']
    process: { run: [sh, -c, '${script}'], inputs: [] }
    env: { DATA: "\${mount./data}" }
    mounts: { /data: { volume: data } }
volumes: { data: {} }`
}

function init(name: string, script: string): string {
  return `{ name: ${name}, command: [sh, -c, '${script}'], process: { run: [sh, -c, '${script}'] } }`
}

/** How often the job of `job` wrote its line. */
async function runsOf(box: Sandbox, on: readonly string[]): Promise<number> {
  box.edit(
    'iamstack.yaml',
    `mounts: { ${programMount} }`,
    `mounts: { ${programMount}, /data: { volume: data } }`,
  )
  box.edit('iamstack.yaml', 'GREETING: two }', 'GREETING: two, DATA: "${mount./data}" }')
  await box.succeed(['up', ...on])
  const { stdout } = await box.succeed(['exec', ...on, 'web', '--', 'sh', '-c', 'cat "$DATA/runs"'])
  return stdout.trim().split('\n').length
}

async function removeByHand(box: Sandbox, target: Target): Promise<void> {
  switch (target) {
    case 'process': {
      const { facts } = (await statusOf(box, ['--profile', target])).get('service/web') ?? {}
      kill(Number(facts?.['pid']))
      return
    }
    case 'compose':
      for (const id of containersOf(box.name).values()) docker('rm', '--force', id)
      return
    case 'docker-desktop':
    case 'kind':
    case 'eks':
      kubectl(target, '--namespace', box.project, 'delete', 'deployment', 'web')
      return
    default:
      return target satisfies never
  }
}
