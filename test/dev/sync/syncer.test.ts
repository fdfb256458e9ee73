import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { ChannelError, type FailedChange, type FileChange } from '../../../src/dev/channel/channel.ts'
import type { InsideChannel } from '../../../src/dev/channel/inside.ts'
import { unknown, type Ledger, type Standing } from '../../../src/dev/sync/ledger.ts'
import { createSyncer } from '../../../src/dev/sync/syncer.ts'
import type { Syncing } from '../../../src/drivers/syncing.ts'
import type { Step, SyncEnd } from '../../../src/plan/step.ts'

const at = { file: 'iamstack.yaml', line: 1, column: 1, length: 1 }
const life = { id: 'c1', name: 'web-1', isRunning: true, isEdited: false }

/** A container, what it was asked for, and how it answers. */
function scene(
  more: {
    readonly refuses?: readonly FailedChange[]
    /** So many channels break under the first batch. */
    readonly breaks?: number
    readonly exitCode?: number
    /** Which of the channels, in the order of their opening, can restart. */
    readonly restarts?: (opened: number) => boolean
    readonly canRestartContainer?: boolean
    /** The container went away meanwhile. */
    readonly isGone?: boolean
  } = {},
) {
  const asked: string[] = []
  const standings = new Map<string, Standing>()
  let opened = 0
  const open = (): Promise<InsideChannel> => {
    opened += 1
    const mine = opened
    const channel: InsideChannel = {
      by: 'agent',
      async apply(changes: readonly FileChange[]) {
        if (mine <= (more.breaks ?? 0)) throw new ChannelError('it is gone')
        for (const change of changes)
          asked.push(
            change.op === 'write'
              ? `write ${change.path} ${await text(change.read())}`
              : `${change.op} ${change.path}`,
          )
        return more.refuses ?? []
      },
      ...((more.restarts ?? (() => true))(mine) && {
        restart: () => {
          asked.push('restart')
          return Promise.resolve()
        },
      }),
      signalInside: (name) => {
        asked.push(`signal ${name}`)
        return Promise.resolve()
      },
      closed: new Promise(() => undefined),
      close: () => undefined,
    }
    return Promise.resolve(channel)
  }
  const syncing: Syncing = {
    open,
    run: (_service, _life, line) => {
      asked.push(`run ${line}`)
      return Promise.resolve({ exitCode: more.exitCode ?? 0, output: 'npm ERR! no such package\n' })
    },
    ...(more.canRestartContainer && {
      restart: () => {
        asked.push('restart container')
        return Promise.resolve()
      },
    }),
    isRunning: () => Promise.resolve(!more.isGone),
    watch: () => undefined,
  }
  const ledger: Pick<Ledger, 'begin' | 'settle'> = {
    begin: (_id, _service, paths) => {
      for (const path of paths) standings.set(path, unknown)
      return Promise.resolve()
    },
    settle: (_id, settled) => settled.forEach((standing, path) => standings.set(path, standing)),
  }
  const syncer = createSyncer(syncing, ledger as Ledger)
  return { asked, standings, syncer, opened: () => opened }
}

const run = { signal: new AbortController().signal, emit: () => undefined, progress: () => undefined }

function step(
  then: SyncEnd = { kind: 'process' },
  exec: readonly string[] = [],
): Extract<Step, { op: 'sync' }> {
  const folder = mkdtempSync(join(tmpdir(), 'iamstack-syncer-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const source = join(folder, 'a.js')
  writeFileSync(source, 'two')
  const wanted = { kind: 'file' as const, source, content: 'looked at before', mode: 0o644 }
  return {
    id: 'sync service/web',
    op: 'sync',
    resource: 'service/web',
    cause: '2 files',
    after: [],
    destroys: undefined,
    from: at,
    wanted: {
      id: 'service/web',
      kind: 'service',
      name: 'web',
      spec: undefined,
      parts: {},
      updates: {},
      needs: [],
      replicas: 1,
      timeout: 1000,
      holdsData: undefined,
      from: at,
    },
    sync: {
      lives: [
        {
          life,
          files: [
            { path: '/app/old.js', wanted: undefined },
            { path: '/app/a.js', wanted },
          ],
        },
      ],
      exec,
      then,
    },
  }
}

/** sha256 of `two`. */
const two = 'file 3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3'

test('files, commands, the program; and only then it is noted, by what was really sent (S26)', async () => {
  const { asked, standings, syncer } = scene()
  await syncer.apply(step({ kind: 'process' }, ['npm ci']), run)
  expect(asked).toEqual(['remove /app/old.js', 'write /app/a.js two', 'run npm ci', 'restart'])
  expect(Object.fromEntries(standings)).toEqual({ '/app/old.js': 'gone', '/app/a.js': two })
})

test.each([
  [{ kind: 'none' }, []],
  [{ kind: 'signal', signal: 'SIGHUP' }, ['signal SIGHUP']],
  [{ kind: 'container' }, ['restart container']],
] as const)('the program learns of it by %j', async (then, wanted) => {
  const { asked, syncer } = scene({ canRestartContainer: true })
  await syncer.apply(step(then), run)
  expect(asked.slice(2)).toEqual(wanted)
})

test('a command that fails leaves everything in doubt, and the container open to the next try', async () => {
  const { standings, syncer } = scene({ exitCode: 1 })
  await expect(syncer.apply(step({ kind: 'none' }, ['npm ci']), run)).rejects.toMatchObject({
    message: 'service web: dev.exec “npm ci” ended with 1 in web-1',
    evidence: ['npm ERR! no such package'],
  })
  expect([...standings.values()]).toEqual([unknown, unknown])
  expect([...syncer.barred]).toEqual([])
})

test('a channel that breaks is opened again, three times at most, and then the image is built', async () => {
  const twice = scene({ breaks: 2 })
  await twice.syncer.apply(step(), run)
  expect(twice.opened()).toBe(3)
  const always = scene({ breaks: 99 })
  await expect(always.syncer.apply(step(), run)).rejects.toThrow('web-1 cannot be written to: it is gone')
  expect(always.opened()).toBe(3)
  expect([...always.syncer.barred]).toEqual(['c1'])
  expect([...always.syncer.refusing]).toEqual([])
})

test('a container that went away is nobody to write to, and nothing is noted', async () => {
  const { standings, syncer } = scene({ breaks: 99, isGone: true })
  await syncer.apply(step(), run)
  expect([...syncer.barred]).toEqual([])
  expect([...standings.values()]).toEqual([unknown, unknown])
})

test('a file that vanished while it was sent stays due; the others are there', async () => {
  const vanished = { path: '/app/a.js', why: 'vanished', message: 'ENOENT' } as const
  const { standings, syncer } = scene({ refuses: [vanished] })
  await syncer.apply(step({ kind: 'none' }), run)
  expect(Object.fromEntries(standings)).toEqual({ '/app/old.js': 'gone', '/app/a.js': unknown })
  expect([...syncer.barred]).toEqual([])
})

test('a user who may not write there is told with the cure, once for all containers of the service', async () => {
  const refuses = [{ path: '/app/a.js', why: 'permission' as const, message: 'Permission denied' }]
  const { syncer } = scene({ refuses })
  await expect(syncer.apply(step(), run)).rejects.toMatchObject({
    message: 'service web: /app/a.js could not be written in web-1',
    evidence: ['/app/a.js: Permission denied'],
    hint: expect.stringContaining('COPY --chown'),
  })
  expect([...syncer.refusing]).toEqual(['web'])
})

test('a file that vanished meanwhile bars nothing: its own edit is on its way', async () => {
  const refuses = [{ path: '/app/a.js', why: 'unreadable' as const, message: 'ENOENT' }]
  const { syncer } = scene({ refuses })
  await expect(syncer.apply(step(), run)).rejects.toMatchObject({
    hint: 'it is tried again with the next edit',
  })
  expect([...syncer.barred, ...syncer.refusing]).toEqual([])
})

test('a channel that was opened before the program ran is opened anew to start it', async () => {
  const late = scene({ restarts: (opened) => opened > 1 })
  await late.syncer.apply(step(), run)
  expect(late.asked.at(-1)).toBe('restart')
  const never = scene({ restarts: () => false, canRestartContainer: true })
  await never.syncer.apply(step(), run)
  expect(never.asked.at(-1)).toBe('restart container')
  const nowhere = scene({ restarts: () => false })
  await expect(nowhere.syncer.apply(step(), run)).rejects.toThrow('nothing in web-1 starts its program anew')
  expect([...nowhere.syncer.barred]).toEqual(['c1'])
})
