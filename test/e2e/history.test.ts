import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isDockerWanted, sandbox, statusOf, targets, urlOf, type Sandbox } from './cli.ts'
import { ask, listens, programMount, serverFile, serverService } from './small-stack.ts'

interface History {
  readonly revisions: readonly {
    readonly revision: number
    readonly command: string
    readonly result: string
    readonly changes: readonly { readonly resource: string; readonly cause: string }[]
  }[]
}

async function historyOf(box: Sandbox, on: readonly string[]): Promise<History['revisions']> {
  const { stdout } = await box.succeed(['history', '-o', 'json', ...on])
  return (JSON.parse(stdout) as History).revisions
}

/** A service that answers with a variable of the environment and with a file of a config that names another variable. */
function writeStack(box: Sandbox): void {
  box.copy(serverFile, 'server.mjs')
  box.write({
    'settings.txt': 'settings one for ${CUSTOMER}',
    'profiles/compose.yaml': 'vars: { GREETING: hello }',
    'profiles/process.yaml': 'vars: { GREETING: hello }',
    '.env': 'CUSTOMER=ada\n',
    'iamstack.yaml': `version: 1
name: ${box.name}
vars: { GREETING: nobody, MARK: "!" }
secrets: { token: { value: { env: TOKEN } } }
configs: { program: { files: ./server.mjs }, settings: { template: ./settings.txt } }
services:${serverService(
      'web',
      `
env: { ${listens}, GREETING: "\${GREETING}\${MARK}", SETTINGS: "\${mount./etc/settings.txt}", TOKEN: { secret: token, key: value } }
expose: { http: local }
mounts: { ${programMount}, /etc/settings.txt: { config: settings, key: settings.txt } }`,
    )}
`,
  })
}

describe.each(targets)('history on %s', (target) => {
  const on = ['--profile', target]

  test('S127: up, an edit, up, rollback: stack, config and values of before are served, from three revisions', async () => {
    const box = sandbox()
    writeStack(box)
    const env = { TOKEN: 'geheim-geheim', MARK: '?' }
    expect((await box.succeed(['history', ...on], { env })).stdout).toBe(
      'No revision yet: every up that changes something makes one.\n',
    )
    await box.succeed(['up', ...on], { env })
    const url = await urlOf(box, on)
    const first = { greeting: 'hello?', settings: 'settings one for ada' }
    expect(await ask(url)).toMatchObject(first)
    await box.succeed(['up', ...on], { env })

    box.write({ 'settings.txt': 'settings two for ${CUSTOMER}', '.env': 'CUSTOMER=bob\n' })
    box.write({ [`profiles/${target}.yaml`]: 'vars: { GREETING: goodbye }' })
    const changed = { TOKEN: 'geheim-geheim', MARK: '.' }
    await box.succeed(['up', ...on], { env: changed })
    expect(await ask(url)).toMatchObject({ greeting: 'goodbye.', settings: 'settings two for bob' })

    const dry = await box.succeed(['rollback', '--dry-run', ...on], { env: changed })
    expect(dry.stdout).toMatch(
      /^~ (replace|restart|reload) service\/web .*\nPlan: 1 to \w+; \d+ unchanged\.\n$/,
    )
    expect(await ask(url)).toMatchObject({ greeting: 'goodbye.' })

    await box.succeed(['rollback', ...on], { env: changed })
    expect(await ask(url)).toMatchObject(first)
    const revisions = await historyOf(box, on)
    expect(revisions.map(({ revision, command, result }) => [revision, command, result])).toEqual([
      [1, 'up', 'ok'],
      [2, 'up', 'ok'],
      [3, 'rollback 1', 'ok'],
    ])
    expect(revisions[1]?.changes.map(({ resource }) => resource)).toEqual(['service/web'])
    expect((await statusOf(box, on)).get('service/web')?.health).toBe('ready')

    const { stdout } = await box.succeed(['diff', '1', '2', ...on], { env: changed })
    expect(stdout).toContain('settings one for ada')
    expect(stdout).toContain('settings two for bob')
    expect((await box.succeed(['diff', '1', '3', ...on], { env: changed })).stdout).toBe(
      'revision 1 and revision 3 are the same on the target.\n',
    )
    await box.succeed(['rollback', ...on], { env: changed })
    expect(await ask(url)).toMatchObject({ greeting: 'goodbye.', settings: 'settings two for bob' })
    await box.succeed(['down', '--all', '--yes', ...on], { env })
    expect(box.traces()).toEqual({ processes: [], docker: [], cluster: [], files: [] })
  })

  test('no secret is kept, and one that a variable holds is taken anew', async () => {
    const box = sandbox()
    writeStack(box)
    box.edit(
      'iamstack.yaml',
      'TOKEN: { secret: token, key: value }',
      'TOKEN: { secret: token, key: value }, COPY: "${TOKEN}"',
    )
    await box.succeed(['up', ...on], { env: { TOKEN: 'geheim-geheim' } })
    const kept = box.traces().files.filter((file) => file.includes('revisions'))
    expect(kept).toHaveLength(1)
    const text = readFileSync(join(box.state, kept[0] ?? ''), 'utf8')
    expect(text).not.toContain('geheim')
    box.edit('settings.txt', 'one', 'two')
    await box.succeed(['up', ...on], { env: { TOKEN: 'geheim-geheim' } })
    const back = await box.succeed(['rollback', ...on], { env: { TOKEN: 'another-secret' } })
    expect(back.stdout + back.stderr).toContain('TOKEN: holds a secret, so its value is the one of today')
    const url = await urlOf(box, [...on, '--var', 'TOKEN=unused'])
    expect((await ask(url)).settings).toBe('settings one for ada')
  })

  test('says what is wrong before anything is done', async () => {
    const box = sandbox()
    writeStack(box)
    const env = { TOKEN: 'geheim-geheim' }
    const failing = async (words: readonly string[]) => {
      const { code, stderr } = await box.run([...words, ...on], { env })
      return `${code} ${stderr}`
    }
    expect(await failing(['rollback'])).toMatchInlineSnapshot(`
      "7 error there is no revision before the last one
        → every up that changes something makes one; iamstack history lists them
      "
    `)
    await box.succeed(['up', ...on], { env })
    expect(await failing(['rollback', '7'])).toMatchInlineSnapshot(`
      "7 error there is no revision 7 of this stack on this target
        → there is revision 1
      "
    `)
    expect(await failing(['rollback', 'yesterday'])).toMatchInlineSnapshot(`
      "2 error rollback yesterday: expected the number of a revision
        → iamstack history lists them
      "
    `)
    expect(await failing(['diff', '1', 'compose'])).toMatchInlineSnapshot(`
      "2 error a revision cannot be compared with a profile (1, compose)
        → iamstack diff 2 3 (revisions), diff 2 (and the files as they are now), diff compose kind (profiles)
      "
    `)
  })
})

test('local processes run from today’s sources, also after a rollback', async () => {
  const box = sandbox()
  const on = ['--profile', 'process']
  box.copy(serverFile, 'app/server.mjs')
  box.write({
    'app/Dockerfile': 'FROM node:20-bookworm-slim\nCOPY . /app/\n',
    'iamstack.yaml': `version: 1
name: ${box.name}
images: { app: { context: ./app } }
services:
  web:
    image: app
    process: { run: node server.mjs, cwd: ./app }
    env: { ${listens}, GREETING: one }
    ports: { http: 8000 }
    expose: { http: local }
`,
  })
  await box.succeed(['up', ...on])
  box.edit('iamstack.yaml', 'GREETING: one', 'GREETING: two')
  await box.succeed(['up', ...on])
  const back = await box.succeed(['rollback', ...on])
  expect(back.stdout + back.stderr).toContain('programs run from today’s sources')
  expect((await ask(await urlOf(box, on))).greeting).toBe('one')
  box.edit('iamstack.yaml', 'GREETING: two', 'GREETING: one')
  expect((await box.succeed(['plan', ...on])).stdout).toContain('Nothing to do')
})

describe.runIf(isDockerWanted)('images', () => {
  const on = ['--profile', 'compose']

  function writeBuilt(box: Sandbox): void {
    box.copy(serverFile, 'app/server.mjs')
    box.write({
      'app/Dockerfile': 'FROM node:20-bookworm-slim\nCOPY . /app/\nENV GREETING=one\n',
      'iamstack.yaml': `version: 1
name: ${box.name}
images: { app: { context: ./app } }
services:
  web:
    image: app
    command: [node, /app/server.mjs]
    env: { ${listens} }
    ports: { http: 8000 }
    health: { http: /, port: http, every: 300ms }
    stop: { grace: 2s }
    expose: { http: local }
`,
    })
  }

  test('S127: a rollback brings the image back, builds nothing, and the sources of then are no change', async () => {
    const box = sandbox()
    writeBuilt(box)
    const before = join(box.folder, 'app')
    cpSync(before, join(box.folder, '..', 'app-before'), { recursive: true })
    await box.succeed(['up', ...on])
    box.edit('app/Dockerfile', 'GREETING=one', 'GREETING=two')
    await box.succeed(['up', ...on])
    const url = await urlOf(box, on)
    expect((await ask(url)).greeting).toBe('two')
    const back = await box.succeed(['rollback', ...on, '--progress', 'json'])
    expect(back.events.flatMap((event) => (event.type === 'step.finished' ? [event.step] : []))).toEqual([
      'replace service/web',
    ])
    expect((await ask(url)).greeting).toBe('one')
    cpSync(join(box.folder, '..', 'app-before'), before, { recursive: true })
    expect((await box.succeed(['plan', ...on])).stdout).toContain('Nothing to do')
  })

  test('an image that is gone is named, with the way to have it again', async () => {
    const box = sandbox()
    writeBuilt(box)
    for (const word of ['two', 'three', 'four', 'five']) {
      box.edit('app/Dockerfile', /GREETING=\w+/, `GREETING=${word}`)
      await box.succeed(['up', ...on])
    }
    const { code, stderr } = await box.run(['rollback', '1', ...on, '--progress', 'quiet'])
    expect(`${code} ${stderr}`).toMatchInlineSnapshot(`
      "7 error image app of revision 1 is not there any more
        → bring the sources back that it was built from, then iamstack build app, and run this again
      "
    `)
    expect((await ask(await urlOf(box, on))).greeting).toBe('five')
  })
})
