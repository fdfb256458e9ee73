import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  describeRun,
  isDockerWanted,
  root,
  sandbox,
  statusOf,
  urlOf,
  type Ended,
  type Sandbox,
} from './cli.ts'
import { docker } from './machine.ts'

/** The example, copied under a name of its own. */
function todobackend(): Sandbox {
  const box = sandbox()
  box.copy(join(root, 'examples/todobackend'))
  box.edit('iamstack.yaml', 'name: todobackend\n', `name: ${box.name}\n`)
  return box
}

function passedChecks({ events }: Ended): string[] {
  return events.flatMap((event) => (event.type === 'smoke.passed' ? [event.check] : []))
}

/** `run job/migrate` for each step that was carried out, in the order of their ends. */
function stepsOf({ events }: Ended): string[] {
  return events.flatMap((event) => (event.type === 'step.finished' ? [`${event.op} ${event.resource}`] : []))
}

function imagesOf(box: Sandbox): string[] {
  return box.traces().docker.filter((thing) => thing.startsWith('image '))
}

async function addTodo(url: string, title: string): Promise<void> {
  const response = await fetch(`${url}/todos`, { method: 'POST', body: JSON.stringify({ title }) })
  expect(response.status).toBe(201)
}

async function titlesAt(url: string): Promise<string[]> {
  const todos = (await (await fetch(`${url}/todos`)).json()) as readonly { readonly title: string }[]
  return todos.map(({ title }) => title)
}

function has(program: string, ...words: string[]): boolean {
  try {
    execFileSync(program, words, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const everyCheck = ['healthy', 'static', 'story', 'suite']
const isCi = (process.env['CI'] ?? '') !== ''

test.runIf(isCi || has('python3', '--version'))(
  'process: the same file without containers, green, a second up changes nothing, and down --all leaves nothing (S1, S76, S90)',
  async () => {
    const box = todobackend()
    const words = ['up', '--profile', 'process', '--progress', 'json']
    const first = await box.succeed(words)
    expect(passedChecks(first)).toEqual(everyCheck)
    expect(stepsOf(first)).toEqual(['create volume/data', 'run job/migrate', 'create service/app'])

    expect(stepsOf(await box.succeed(words))).toEqual([])

    await box.succeed(['down', '--profile', 'process', '--all', '--yes'])
    expect(box.traces()).toMatchObject({ processes: [], files: [] })
  },
)

describe.runIf(isDockerWanted)('compose', () => {
  test('green at once and unchanged the second time; the migration runs once for each image, however many replicas there are (S90, S140)', async () => {
    const box = todobackend()
    const words = ['up', '--progress', 'json']
    const first = await box.succeed(words)
    expect(passedChecks(first)).toEqual(everyCheck)
    const steps = stepsOf(first)
    const order = ['create service/db', 'run job/migrate', 'create service/app']
    expect(steps.filter((step) => order.includes(step))).toEqual(order)

    expect(stepsOf(await box.succeed(words))).toEqual([])
    await box.succeed(['scale', 'app=2'])
    expect((await statusOf(box, [])).get('service/app')).toMatchObject({ replicas: { ready: 2 } })
    expect(stepsOf(await box.succeed([...words, '--var', 'LOG_LEVEL=debug']))).not.toContain(
      'run job/migrate',
    )

    box.edit('todobackend/migrations.py', '"""The schema', '"""The whole schema')
    const changed = stepsOf(await box.succeed([...words, '--no-smoke']))
    expect(changed).toContain('run job/migrate')
    expect(changed.indexOf('run job/migrate')).toBeLessThan(changed.indexOf('replace service/app'))

    await box.succeed(['down', '--all', '--yes'])
    expect(box.traces()).toMatchObject({ processes: [], docker: [], files: [] })
  })

  test('rows outlive down --volumes, because the volume is kept; named, it goes (S86)', async () => {
    const box = todobackend()
    const up = ['up', '--no-smoke']
    await box.succeed(up)
    await addTodo(await urlOf(box, [], 'app'), 'kept')
    await box.succeed(['down', '--volumes', '--yes'])
    expect(box.traces().docker).toEqual([...imagesOf(box), `volume ${box.name}-e2e_data`])

    await box.succeed(up)
    expect(await titlesAt(await urlOf(box, [], 'app'))).toEqual(['kept'])
    await box.succeed(['down', '--volumes=data', '--yes'])
    expect(box.traces().docker).toEqual(imagesOf(box))
  })

  test('each container reads its part of the secrets and no other, and init has filled what the app only reads (S49, S73, S76, S89)', async () => {
    const box = todobackend()
    await box.succeed(['up', '--no-smoke'])
    const inside = async (service: string, line: string): Promise<string[]> =>
      (await box.succeed(['exec', service, '--', 'sh', '-c', line])).stdout.trim().split('\n')

    expect(await inside('app', 'ls /run/secrets/todobackend')).toEqual(['password', 'secret-key'])
    expect(await inside('db', 'ls /run/secrets/todobackend')).toEqual(['password', 'root'])
    expect((await inside('app', 'touch /run/secrets/todobackend/more 2>&1 || echo refused')).at(-1)).toBe(
      'refused',
    )
    expect(
      await inside('app', 'id -u; stat -c %u:%g /public/index.html; touch /public/written && echo written'),
    ).toEqual(['1000', '1000:1000', 'written'])
    // The server of the image, with arguments of the stack, in a folder of the volume.
    expect((await inside('db', "tr '\\0' ' ' < /proc/1/cmdline"))[0]).toMatch(
      /^mariadbd .*--character-set-server=utf8mb4/,
    )
    const folder = [
      'run',
      '--rm',
      '--volume',
      `${box.name}-e2e_data:/data:ro`,
      'busybox:stable',
      'ls',
      '/data',
    ]
    expect(docker(...folder)).toBe('db')
  })

  test('a failing init step keeps the app from starting, with the words of the step (S76)', async () => {
    const box = todobackend()
    box.edit('iamstack.yaml', 'command: [collectstatic],', 'command: [collect-static],')
    const words = ['up', '--progress', 'json']
    const ended = await box.run(words)
    expect(ended.code, describeRun(words, ended)).toBe(4)
    const failed = ended.events.find((event) => event.type === 'step.failed')
    expect(failed).toMatchObject({
      resource: 'service/app',
      failure: {
        message: 'init collectstatic of app failed: exited 1',
        evidence: ['python -m todobackend serve|migrate|collectstatic'],
      },
    })
  })

  test('a failing test of the application stops the deployment before anything of it starts (S32)', async () => {
    const box = todobackend()
    box.edit('todobackend/app.py', '"status": "ok"', '"status": "fine"')
    const words = ['up', '--progress', 'json']
    const ended = await box.run(words)
    expect(ended.code, describeRun(words, ended)).toBe(3)
    expect(ended.stdout).toContain('test_health_is_that_of_the_database')
    const containers = box.traces().docker.filter((thing) => thing.startsWith('container '))
    expect(containers.filter((name) => !name.includes('-db-'))).toEqual([])
  })
})
