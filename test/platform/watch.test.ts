import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { watchFiles } from '../../src/platform/watch.ts'

test('a second write right behind the first is told too', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'iamstack-watch-')))
  const file = join(folder, 'stack.yaml')
  writeFileSync(file, 'before')
  const seen: string[] = []
  let hasWritten = false
  const watcher = await watchFiles({
    paths: [folder],
    isIgnored: () => false,
    onError: (error) => expect.unreachable(error.message),
    onChange: (path) => {
      seen.push(readFileSync(path, 'utf8'))
      // As a formatter does that was waiting for the save.
      if (!hasWritten) setTimeout(() => writeFileSync(file, 'formatted'), 5)
      hasWritten = true
    },
  })
  onTestFinished(async () => {
    await watcher.close()
    rmSync(folder, { recursive: true })
  })
  writeFileSync(file, 'saved')
  await vi.waitFor(() => expect(seen.at(-1)).toBe('formatted'), { timeout: 5000 })
})
