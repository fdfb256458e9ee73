import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { expect, onTestFinished, vi } from 'vitest'
import { watchFiles, type WatchError, type Watcher, type WatchOptions } from '../../src/platform/watch.ts'

export interface Scene {
  readonly folder: string
  /** Everything that was told, relative, in its order. */
  readonly told: string[]
  readonly errors: WatchError[]
  at(...parts: string[]): string
  write(path: string, text?: string): void
  watch(paths?: readonly string[], options?: Partial<WatchOptions>): Promise<Watcher>
  /** What was told since the last call, sorted, each once: when a file written now was told too. */
  news(): Promise<string[]>
}

const patience = { timeout: 10_000, interval: 10 }

/** A folder of its own, with files, before anything is watched. */
export function sceneOf(...files: string[]): Scene {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'iamstack-watch-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const told: string[] = []
  const errors: WatchError[] = []
  let watcher: Watcher | undefined
  let marks = 0
  let from = 0
  const scene: Scene = {
    folder,
    told,
    errors,
    at: (...parts) => join(folder, ...parts),
    write(path, text = 'text') {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    },
    async watch(paths = ['.'], options = {}) {
      watcher = await watchFiles({
        isIgnored: () => false,
        onError: (error) => errors.push(error),
        onChange: (path) => told.push(relative(folder, path)),
        ...options,
        paths: [...paths.map((path) => join(folder, path)), join(folder, '.marks')],
      })
      onTestFinished(() => watcher?.close())
      return watcher
    },
    async news() {
      await watcher?.settled()
      marks += 1
      const mark = `.marks/${marks}`
      writeFileSync(join(folder, mark), 'mark')
      await vi.waitFor(() => expect(told).toContain(mark), patience)
      await watcher?.settled()
      const news = told.slice(from).filter((path) => !path.startsWith('.marks'))
      from = told.length
      return [...new Set(news)].sort()
    },
  }
  mkdirSync(join(folder, '.marks'))
  for (const file of files) scene.write(file)
  return scene
}

/** Waits until this was told at least once more. */
export async function untilTold(scene: Scene, ...paths: string[]): Promise<void> {
  await vi.waitFor(() => {
    const told = new Set(scene.told)
    expect(paths.filter((path) => !told.has(path))).toEqual([])
  }, patience)
}
