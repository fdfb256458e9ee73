import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isDockerWanted, root, sandbox, statusOf, type Ended, type Sandbox } from './cli.ts'
import { containersOf, docker } from './machine.ts'
import type { SomeEvent } from './program.ts'

/** The reference stack, copied: what a test edits is its own. */
function reference(): Sandbox {
  const box = sandbox()
  box.copy(join(root, 'iamstack.yaml'), 'iamstack.yaml')
  box.copy(join(root, 'profiles'), 'profiles')
  box.copy(join(root, 'examples/iam'), 'examples/iam')
  box.edit('iamstack.yaml', 'name: iam\n', `name: ${box.name}\n`)
  return box
}

function passedChecks({ events }: Pick<Ended, 'events'>): string[] {
  return events.flatMap((event) => (event.type === 'smoke.passed' ? [event.check] : [])).sort()
}

function urlsIn({ events }: Pick<Ended, 'events'>): string[] {
  return events.flatMap((event) => (event.type === 'url.opened' ? [event.url] : []))
}

function messagesIn({ events }: Pick<Ended, 'events'>): string {
  return events.flatMap((event) => (event.type === 'message.reported' ? [event.text] : [])).join('\n')
}

const everyCheck = ['administrator', 'apiserver', 'authz-server', 'pump', 'story']

/**
 * Runs a program on this machine as if Docker had never been installed: in a mount namespace of its own with an empty `/run`.
 * Root may do so everywhere; others where user namespaces are allowed. Undefined where it cannot be done.
 */
function withoutDocker(): readonly string[] | undefined {
  if (!existsSync('/var/run/docker.sock')) return []
  if (process.platform !== 'linux') return undefined
  const own = process.getuid?.() === 0 ? ['unshare', '--mount'] : ['unshare', '--mount', '--map-root-user']
  return [...own, 'sh', '-c', 'mount -t tmpfs none "$(readlink -f /var/run)" && exec "$@"', 'sh']
}

const wrapper = withoutDocker()

test.runIf(wrapper !== undefined || (process.env['CI'] ?? '') !== '')(
  'dev on a machine without Docker: processes are chosen and said, the story passes, and Ctrl-C leaves nothing but data',
  async () => {
    const box = reference()
    const dev = box.start(['dev', '--progress', 'json', '--on-exit', 'down'], {
      wrapper: wrapper ?? [],
      env: { DOCKER_HOST: undefined },
    })
    const { text } = await dev.event('message.reported', (event) => event.text.startsWith('profile '))
    expect(text).toMatch(
      /^profile process: no Docker on this machine: nothing at .*docker\.sock.*; --profile chooses another$/,
    )
    await dev.event('message.reported', (event) => event.text.startsWith('watching'))
    const urls = ['https://localhost', 'http://localhost'].map((start) =>
      dev.event('url.opened', ({ url }) => url.startsWith(start)),
    )
    const [{ url }] = (await Promise.all(urls)) as [SomeEvent<'url.opened'>]
    dev.kill('SIGINT')
    const ended = await dev.ended
    expect(ended.code, ended.stderr).toBe(0)
    expect(passedChecks(ended)).toEqual(everyCheck)
    const { processes, docker: things } = box.traces()
    expect({ processes, things, sockets: readdirSync(box.sockets) }).toEqual({
      processes: [],
      things: [],
      sockets: [],
    })
    await expect(fetch(url)).rejects.toThrow()
    // What a later start on the kept volumes needs, and nothing that serves only what ran.
    expect(topOfState(box)).toMatchInlineSnapshot(`
      [
        "certs",
        "file-hashes.json",
        "hash-key.json",
        "jobs",
        "ports.json",
        "secrets",
        "smoke.json",
        "volume-ids",
        "volumes",
      ]
    `)
  },
)

describe.runIf(isDockerWanted)('on a machine with Docker', () => {
  test('up chooses compose and says so, changes only what an edit touches, keeps data through down, and leaves nothing after down --all', async () => {
    const box = reference()
    const project = `${box.name}-e2e`
    const words = ['up', '--progress', 'json']
    const first = await box.succeed(words)
    expect(messagesIn(first)).toMatch(
      /^profile compose: a Docker engine answers \(.*\); --profile chooses another$/m,
    )
    expect(passedChecks(first)).toEqual(everyCheck)
    expect(urlsIn(first).length).toBeGreaterThan(3)

    const second = await box.succeed(words)
    expect(second.events.find(({ type }) => type === 'plan.made')).toMatchObject({ steps: [] })
    const listed = docker('compose', '-p', project, 'ps', '--format', '{{.Service}}').split('\n').sort()
    expect(listed).toEqual([
      'iam-apiserver',
      'iam-authz-server',
      'iam-pump',
      'iamctl',
      'mariadb',
      'mongodb',
      'redis',
    ])

    const before = containersOf(box.name)
    box.edit('examples/iam/apiserver/src/main.ts', /$/, '\n// An edit.\n')
    await box.succeed(['up', 'iam-apiserver'])
    const after = containersOf(box.name)
    expect([...after.keys()].filter((name) => after.get(name) !== before.get(name))).toEqual([
      `${project}-iam-apiserver-1`,
    ])

    await box.succeed(['scale', 'iam-authz-server=2'])
    expect((await statusOf(box, [])).get('service/iam-authz-server')).toMatchObject({
      replicas: { ready: 2 },
    })

    const iamctl = ['exec', 'iamctl', '--', 'iamctl']
    await box.succeed(
      [...iamctl, 'user', 'create', 'colin', '--email', 'colin@example.com', '--password-file', '-'],
      {
        stdin: 'Colin-pass-1',
      },
    )
    await box.succeed(['down'])
    expect(box.traces().docker.filter((thing) => !thing.startsWith('image '))).toEqual([
      `volume ${project}_mariadb`,
      `volume ${project}_mongodb`,
    ])
    await box.succeed(['up', '--no-smoke'])
    expect((await box.succeed([...iamctl, 'user', 'get', 'colin'])).stdout).toContain('colin@example.com')

    await box.succeed(['down', '--all', '--yes'])
    expect(box.traces()).toEqual({ processes: [], docker: [], cluster: [], files: [] })
  })
})

/** Names at the top of the instance's folder. */
function topOfState(box: Sandbox): string[] {
  const [instance = ''] = readdirSync(join(box.state, 'iamstack')).map((name) =>
    join(box.state, 'iamstack', name, 'e2e'),
  )
  return readdirSync(instance).sort()
}
