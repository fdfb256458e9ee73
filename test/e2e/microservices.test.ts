import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isDockerWanted, root, sandbox, urlOf, type Ended, type Sandbox } from './cli.ts'
import { docker } from './machine.ts'

const example = join(root, 'examples/microservices')

/** The example, copied under a name of its own. */
function microservices(): Sandbox {
  const box = sandbox()
  box.copy(example)
  box.edit('iamstack.yaml', 'name: micro\n', `name: ${box.name}\n`)
  return box
}

function passedChecks({ events }: Ended): string[] {
  return events.flatMap((event) => (event.type === 'smoke.passed' ? [event.check] : []))
}

/** Resources in the order in which their steps ended well. */
function readyOrder({ events }: Ended): string[] {
  return events.flatMap((event) => (event.type === 'step.finished' ? [event.resource] : []))
}

function has(program: string, ...words: string[]): boolean {
  try {
    execFileSync(program, words, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** What comes of a connection from inside a service: `open`, or the code of the error. */
async function connectionFrom(box: Sandbox, service: string, host: string, port: number): Promise<string> {
  const program = `require('net').connect(${port}, '${host}').setTimeout(2000)
    .on('connect', () => end('open')).on('timeout', () => end('no answer')).on('error', (error) => end(error.code))
    function end(text) { console.log(text); process.exit() }`
  return (await box.succeed(['exec', service, '--', 'node', '-e', program])).stdout.trim()
}

/** Each comes after what it needs. */
const neededOrder = [
  'job/schema',
  'service/user',
  'service/user-edge',
  'service/course-edge',
  'service/api-gateway',
]
const everyCheck = ['story', 'strangers', 'dead-end']
const isCi = (process.env['CI'] ?? '') !== ''

test.runIf(isCi || (has('python3', '--version') && has('go', 'version')))(
  'process: three languages without containers, green, a second up changes nothing, and down --all leaves nothing (S1, S186)',
  async () => {
    const box = microservices()
    const words = ['up', '--profile', 'process', '--progress', 'json']
    const first = await box.succeed(words)
    expect(passedChecks(first)).toEqual(everyCheck)
    expect(readyOrder(first).filter((resource) => neededOrder.includes(resource))).toEqual(neededOrder)

    expect(readyOrder(await box.succeed(words))).toEqual([])

    await box.succeed(['down', '--profile', 'process', '--all', '--yes'])
    expect(box.traces()).toMatchObject({ processes: [], files: [] })
  },
)

test('the platform may be a checkout of its own, and the command may be given anywhere (S7)', async () => {
  const box = sandbox()
  box.copy(example, 'services')
  box.copy(join(example, 'platform'), 'infrastructure/platform')
  box.edit('services/iamstack.yaml', './platform/stack.yaml', '../infrastructure/platform/stack.yaml')
  mkdirSync(join(box.folder, 'elsewhere'))
  const validate = ['validate', '--profile', 'compose', '--file', '../services/iamstack.yaml']
  const { stdout } = await box.succeed(validate, { cwd: join(box.folder, 'elsewhere') })
  expect(stdout).toBe(
    `${box.folder}/services/iamstack.yaml is valid for compose: 9 services, 1 job, 5 images\n`,
  )

  box.edit('infrastructure/platform/stack.yaml', 'image: redis:7', 'imagee: redis:7')
  const { code, stderr } = await box.run(validate, { cwd: join(box.folder, 'elsewhere') })
  expect(code).toBe(2)
  expect(stderr).toContain(`${box.folder}/infrastructure/platform/stack.yaml:32:5 error schema/unknown-key`)
})

describe.runIf(isDockerWanted)('compose', () => {
  test('started in the order of their needs, green, unchanged the second time, and gone without a trace (S112, S186)', async () => {
    const box = microservices()
    // Compiles Go's standard library where no cache has it: a command of its own, because commands have a limit here.
    await box.succeed(['build'])
    const words = ['up', '--progress', 'json']
    const first = await box.succeed(words)
    expect(passedChecks(first)).toEqual(everyCheck)
    const order = readyOrder(first)
    expect(order.filter((resource) => neededOrder.includes(resource))).toEqual(neededOrder)
    for (const below of ['service/mysql', 'service/redis', 'service/discovery'])
      expect(order.indexOf(below)).toBeLessThan(order.indexOf('service/user-edge'))

    expect(readyOrder(await box.succeed(words))).toEqual([])
    const urls = (await box.succeed(['urls', '-o', 'json'])).stdout.trim().split('\n')
    expect(urls.map((row) => (JSON.parse(row) as { service: string }).service)).toEqual(['api-gateway'])

    await box.succeed(['down', '--all', '--yes'])
    expect(box.traces()).toMatchObject({ processes: [], docker: [], files: [] })
  })

  test('the edge reaches its pod-mate on 127.0.0.1, nobody else does, and who needs no service cannot find it (S77)', async () => {
    const box = microservices()
    await box.succeed(['build'])
    await box.succeed(['up', '--no-smoke'])
    const inner = ['exec', 'course-edge', '--', 'wget', '-qO-', 'http://127.0.0.1:8081/healthz']
    expect((await box.succeed(inner)).stdout).toBe('{"status": "ok"}')
    const gateway = (host: string, port: number): Promise<string> =>
      connectionFrom(box, 'api-gateway', host, port)
    expect({
      'its edge': await gateway('course-edge', 8082),
      'the inner half': await gateway('course', 8081),
      'a service behind the edges': await gateway('message', 9090),
      'the database': await gateway('mysql', 3306),
      'the database from a service that needs it not': await connectionFrom(box, 'user-edge', 'mysql', 3306),
    }).toEqual({
      'its edge': 'open',
      'the inner half': 'ECONNREFUSED',
      'a service behind the edges': 'ENOTFOUND',
      'the database': 'ENOTFOUND',
      'the database from a service that needs it not': 'ENOTFOUND',
    })
  })

  test('a database outside the stack takes the place of the container, by one more profile (S101)', async () => {
    const box = microservices()
    await box.succeed(['build'])
    const { host, port } = startDatabase(`${box.name}-elsewhere`)
    box.write({ '.env': `MYSQL_HOST=${host}\nMYSQL_PORT=${port}\n` })
    const options = { env: { MYSQL_PASSWORD: password } }
    const profiles = ['--profile', 'compose,external-database']
    const ended = await box.succeed(['up', ...profiles, '--progress', 'json'], options)
    expect(passedChecks(ended)).toEqual(everyCheck)
    expect(readyOrder(ended)).not.toContain('volume/mysql')
    expect(box.traces().docker.filter((thing) => /mysql/.test(thing))).toEqual([])

    const url = await urlOf(box, profiles, 'api-gateway')
    const body = JSON.stringify({ name: 'anna', password: 'long enough' })
    expect((await fetch(`${url}/user/register`, { method: 'POST', body })).status).toBe(200)
    expect(select(`${box.name}-elsewhere`, 'SELECT name FROM micro.user')).toBe('anna')
  })
})

const password = 'kept-elsewhere'

/** A server that is none of the stack's, gone after the test; where containers reach it through this machine. */
function startDatabase(name: string): { readonly host: string; readonly port: string } {
  // Docker Desktop's containers have a name for this machine, others the address of their bridge.
  const isLinux = process.platform === 'linux'
  const address = isLinux
    ? docker('network', 'inspect', 'bridge', '--format', '{{(index .IPAM.Config 0).Gateway}}')
    : '127.0.0.1'
  const settings = {
    MARIADB_DATABASE: 'micro',
    MARIADB_USER: 'micro',
    MARIADB_PASSWORD: password,
    MARIADB_ROOT_PASSWORD: password,
  }
  const env = Object.entries(settings).flatMap(([key, value]) => ['--env', `${key}=${value}`])
  docker('run', '--detach', '--name', name, '--publish', `${address}::3306`, ...env, 'mariadb:10.11')
  onTestFinished(() => void docker('rm', '--force', '--volumes', name))
  const port = docker('port', name, '3306').split('\n')[0]?.split(':').at(-1) ?? ''
  return { host: isLinux ? address : 'host.docker.internal', port }
}

function select(name: string, statement: string): string {
  return docker(
    'exec',
    name,
    'mariadb',
    '--user=root',
    `--password=${password}`,
    '--skip-column-names',
    '--batch',
    '--execute',
    statement,
  )
}
