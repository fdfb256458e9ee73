import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { editedLives, gone, openLedger, unknown } from '../../../src/dev/sync/ledger.ts'
import { openFolderMemory } from '../../../src/memory/folder.ts'

function memory() {
  const home = mkdtempSync(join(tmpdir(), 'iamstack-ledger-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  return openFolderMemory({
    stackName: 'app',
    root: home,
    instance: undefined,
    env: { IAMSTACK_STATE: home },
    platform: 'linux',
    home,
  })
}

test('what was written in is known to the next program too (S44)', async () => {
  const place = memory()
  const ledger = await openLedger(place)
  await ledger.begin('c1', 'web', ['/app/a', '/app/b'])
  ledger.settle(
    'c1',
    new Map([
      ['/app/a', 'file 1'],
      ['/app/b', gone],
    ]),
  )
  await ledger.flush()
  const next = await openLedger(place)
  expect(Object.fromEntries(next.standingOf('c1'))).toEqual({ '/app/a': 'file 1', '/app/b': gone })
  expect(next.standingOf('c2').size).toBe(0)
  expect([...(await editedLives(place))]).toEqual(['c1'])
})

test('a program that is killed while it writes leaves doubt about just that', async () => {
  const place = memory()
  const ledger = await openLedger(place)
  await ledger.begin('c1', 'web', ['/app/a'])
  ledger.settle('c1', new Map([['/app/a', 'file 1']]))
  await ledger.flush()
  await ledger.begin('c1', 'web', ['/app/b'])
  // Killed here: nothing is settled, nothing is flushed.
  const next = await openLedger(place)
  expect(Object.fromEntries(next.standingOf('c1'))).toEqual({ '/app/a': 'file 1', '/app/b': unknown })
})

test('a path that is written again is in doubt again before it is, although its end was noted', async () => {
  const place = memory()
  const ledger = await openLedger(place)
  for (const content of ['file 1', 'file 2']) {
    await ledger.begin('c1', 'web', ['/app/a'])
    expect((await openLedger(place)).standingOf('c1').get('/app/a')).toBe(unknown)
    ledger.settle('c1', new Map([['/app/a', content]]))
    await ledger.flush()
    expect((await openLedger(place)).standingOf('c1').get('/app/a')).toBe(content)
  }
})

test('containers that are gone are forgotten, those of other services are not', async () => {
  const place = memory()
  const ledger = await openLedger(place)
  for (const [life, service] of [
    ['c1', 'web'],
    ['c2', 'web'],
    ['c3', 'api'],
  ] as const) {
    await ledger.begin(life, service, ['/app/a'])
    ledger.settle(life, new Map([['/app/a', 'file 1']]))
  }
  await ledger.keepOnly('web', new Set(['c2']))
  await ledger.flush()
  expect([...(await editedLives(place))].sort()).toEqual(['c2', 'c3'])
})

test('of the images of a service the last six are remembered', async () => {
  const place = memory()
  const ledger = await openLedger(place)
  for (const image of ['1', '2', '3', '4', '5', '6', '7'])
    await ledger.remember('web', image, { fixed: image, files: { '/app/a': 'file 1' }, covering: [] })
  const next = await openLedger(place)
  expect(next.treeOf('web', '1')).toBeUndefined()
  expect(next.treeOf('web', '7')).toEqual({ fixed: '7', files: { '/app/a': 'file 1' }, covering: [] })
  expect(next.treeOf('api', '7')).toBeUndefined()
})
