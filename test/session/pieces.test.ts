import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { routeFor } from '../../src/session/gateway-routes.ts'
import { parseArrivals } from '../../src/session/log-files.ts'
import { describeEnd, type RouteSpec } from '../../src/session/protocol.ts'
import { becomeSession, runningSession } from '../../src/session/session-lock.ts'
import { socketPath } from '../../src/session/socket-path.ts'

describe('the socket of a session', () => {
  it('has a short path of its own, whatever the state folder and the runtime folder are', () => {
    const state = `/home/somebody/${'deep/'.repeat(40)}state`
    const inRuntime = socketPath(state, { XDG_RUNTIME_DIR: '/run/user/1000' })
    expect(inRuntime).toMatch(/^\/run\/user\/1000\/iamstack-\d+\/[0-9a-f]{12}\.sock$/)
    const tooLong = socketPath(state, { XDG_RUNTIME_DIR: `/run/${'x'.repeat(100)}` })
    expect(Buffer.byteLength(tooLong)).toBeLessThanOrEqual(103)
    expect(socketPath(`${state}2`, {})).not.toBe(socketPath(state, {}))
  })
})

describe('the lock of a session', () => {
  const folder = (): string => mkdtempSync(join(tmpdir(), 'iamstack-lock-'))

  it('is held by one at a time, and tells where it listens', async () => {
    const state = folder()
    const lock = await becomeSession(state, '/socket')
    expect(await runningSession(state)).toMatchObject({ pid: process.pid, socket: '/socket' })
    expect(await becomeSession(state, '/other')).toBeUndefined()
    lock?.release()
    expect(readdirSync(state)).toEqual([])
    rmSync(state, { recursive: true })
  })

  it('of a dead one is outnumbered, and only one of many can do so', async () => {
    const state = folder()
    const gone = spawn('true')
    await new Promise((resolve) => gone.once('exit', resolve))
    writeFileSync(join(state, 'session.7'), JSON.stringify({ pid: gone.pid, startTime: '1', socket: '/old' }))
    const locks = await Promise.all(
      [1, 2, 3, 4].map((each) => becomeSession(state, `/socket-${String(each)}`)),
    )
    expect(locks.filter((lock) => lock !== undefined)).toHaveLength(1)
    expect(readdirSync(state)).toEqual(['session.8'])
    rmSync(state, { recursive: true })
  })
})

describe('routes', () => {
  const route = (name: string, host: string | undefined, path: string): RouteSpec => ({
    name,
    host,
    path,
    service: name,
    servicePort: 'http',
    bodySize: undefined,
    headers: {},
  })
  const routes = [
    route('any', undefined, '/'),
    route('app', 'app.localhost', '/'),
    route('api', 'app.localhost', '/api'),
    route('docs', undefined, '/docs/'),
  ]

  it.each([
    ['app.localhost', '/', 'app'],
    ['APP.localhost:8080', '/api', 'api'],
    ['app.localhost', '/api/users', 'api'],
    ['app.localhost', '/apis', 'app'],
    ['other.localhost', '/docs/a', 'docs'],
    ['other.localhost', '/docs', 'any'],
  ])('S149: %s%s goes to %s', (host, path, name) => {
    expect(routeFor(routes, host, path)?.name).toBe(name)
  })
})

describe('arrival times', () => {
  const arrivals = parseArrivals('cut 100 0\n1000 200 10\n2000 200 30\n3000 500 30\nhalf')

  it('belong to the first look that saw a byte', () => {
    expect([100, 199, 200, 499, 500].map((offset) => arrivals.timeOf('stdout', offset))).toEqual([
      1000,
      1000,
      3000,
      3000,
      undefined,
    ])
    expect([0, 10, 29].map((offset) => arrivals.timeOf('stderr', offset))).toEqual([1000, 2000, 2000])
    expect([arrivals.startOf('stdout'), arrivals.startOf('stderr')]).toEqual([100, 0])
  })
})

describe('the end of a process in words', () => {
  const end = { what: 'main', code: undefined, signal: undefined, at: 0, cause: undefined }

  it.each([
    [{ ...end, code: 3 }, 'exited with code 3'],
    [{ ...end, signal: 'SIGKILL' }, 'was ended by SIGKILL'],
    [{ ...end, what: 'collect', code: 1 }, 'init collect exited with code 1'],
    [
      { ...end, code: 0, cause: 'liveness probe failed: 503' },
      'exited with code 0 (liveness probe failed: 503)',
    ],
    [
      { ...end, cause: 'x is not there, or not on PATH' },
      'could not be started: x is not there, or not on PATH',
    ],
    [end, 'ended while no session was watching, so its exit code is unknown'],
  ])('%#: %s', (given, words) => {
    expect(describeEnd(given)).toBe(words)
  })
})
