import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findMarked, groupGone, isGroupRunning, killGroup } from '../../src/platform/process-group.ts'
import { identify, isRunning, rowOfStat, rowsOfPs } from '../../src/platform/process-identity.ts'
import { describeOwner, isPortFree, ownerOfPort } from '../../src/platform/process-ports.ts'
import { spawnDetached } from '../../src/platform/process-spawn.ts'

const wait = 'setInterval(() => {}, 1000)'

describe('the identity of a process', () => {
  it('is its pid and its start, and ends with it', async () => {
    const child = spawn(process.execPath, ['-e', wait])
    const identity = await identify(child.pid!)
    expect(identity?.pid).toBe(child.pid)
    expect(await isRunning(identity!)).toBe(true)
    expect(await isRunning({ ...identity!, startTime: '1' })).toBe(false)
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
    expect(await isRunning(identity!)).toBe(false)
  })

  it('is read behind the last bracket of the name, which may hold anything', () => {
    const fields = Array.from({ length: 20 }, (_, index) => String(index + 3))
    expect(rowOfStat(`42 (a) b (c) S 1 ${fields.slice(2).join(' ')}`)).toMatchObject({
      pid: 42,
      isZombie: false,
    })
    expect(rowOfStat(`42 (x) Z 1 42 42 ${'0 '.repeat(15)}777 0`)).toEqual({
      pid: 42,
      group: 42,
      startTime: '777',
      isZombie: true,
    })
  })

  it('is told by ps too, where there is no /proc', async () => {
    const [row] = await rowsOfPs(['-p', String(process.pid)])
    expect(row?.pid).toBe(process.pid)
    expect(row?.startTime).toMatch(/^\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4}$/)
  })
})

describe('a process group', () => {
  it('runs as long as one of its members, and is killed as a whole', async () => {
    const family = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(wait)}], { stdio: 'ignore' }); console.log('up'); process.on('SIGTERM', () => process.exit()); ${wait}`
    const leader = spawn(process.execPath, ['-e', family], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const group = leader.pid!
    await new Promise((resolve) => leader.stdout.once('data', resolve))
    process.kill(group, 'SIGKILL')
    await new Promise((resolve) => leader.once('exit', resolve))
    expect(await isGroupRunning(group)).toBe(true)
    expect(await groupGone(group, 20)).toBe(false)
    expect(await killGroup(group)).toBe(true)
    expect(await isGroupRunning(group)).toBe(false)
  })

  it('is found again by the marker of its members', async () => {
    const marker = `test/${String(process.pid)}`
    const child = spawn(process.execPath, ['-e', wait], {
      detached: true,
      stdio: 'ignore',
      env: { IAMSTACK_PROCESS: marker },
    })
    await expect
      .poll(async () =>
        (await findMarked()).filter((each) => each.marker === marker).map(({ row }) => row.pid),
      )
      .toEqual([child.pid])
    await killGroup(child.pid!)
  })
})

describe('a port', () => {
  it.each(['127.0.0.1', '0.0.0.0', '::1', '::'])(
    'is not free while somebody listens on %s, and its owner is named',
    async (host) => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, host, resolve))
      const { port } = server.address() as { port: number }
      expect(await isPortFree(port)).toBe(false)
      const program = readFileSync('/proc/self/comm', 'utf8').trim()
      expect(describeOwner(port, await ownerOfPort(port))).toBe(
        `port ${String(port)} is taken by ${program} (process ${String(process.pid)})`,
      )
      await new Promise((resolve) => server.close(resolve))
      expect(await isPortFree(port)).toBe(true)
      expect(await ownerOfPort(port)).toBeUndefined()
    },
  )
})

describe('a program that cannot be started', () => {
  it.each([
    [['no-such-program'], '/', 'no-such-program is not there, or not on PATH'],
    [['sh'], '/no/such/folder', 'the working folder /no/such/folder is not there'],
    [[], '/', 'the command is empty'],
  ])('%j in %s: says why', async (command, cwd, message) => {
    await expect(spawnDetached({ command, cwd, environment: {}, stdout: 1, stderr: 2 })).rejects.toThrow(
      message,
    )
  })
})
