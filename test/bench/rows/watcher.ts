import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { programFile, root, type Bench } from '../commands.ts'
import { quantile, type Contestant, type Scenario } from '../measure.ts'

const files = { relevant: 2_000, all: 50_000 }
/** Bytes that watching may add to a program. */
const mostMemory = 30e6

/** Row 17: until a watcher sees every edit of a big repository of which little matters. Start of the program not included. */
export function watcher(bench: Bench): Scenario {
  const folder = join(bench.folder, 'repository')
  const relevant = join(folder, 'src')
  writeRepository(folder)
  const memory: number[] = []
  const contestant = (name: Contestant['name'], what: string, how: string, watched: string): Contestant => ({
    name,
    what,
    round: async () => {
      const words = ['--import', 'tsx', programFile('watch-ready.ts'), how, watched]
      // tsx is found from the repository.
      const text = await bench.run(process.execPath, words, { cwd: root })
      const { milliseconds, bytes } = JSON.parse(text) as { milliseconds: number; bytes: number }
      if (name === 'ours') memory.push(bytes)
      return [milliseconds]
    },
  })
  return {
    rows: [
      {
        number: '17',
        action: `watching ${files.relevant} relevant of ${files.all} files, until ready`,
        targets: { peer: 0.1 },
      },
    ],
    contestants: [
      contestant('ours', 'watchFiles on what is relevant', 'ours', relevant),
      contestant('peer', 'chokidar on the root', 'chokidar', folder),
      contestant('floor', 'fs.watch on each relevant folder', 'folders', relevant),
    ],
    also: () => {
      const median = quantile(memory, 0.5)
      return Promise.resolve({
        row: '17',
        text: `${(median / 1e6).toFixed(1)} MB more (at most ${mostMemory / 1e6})`,
        isMet: median <= mostMemory,
      })
    },
  }
}

function writeRepository(folder: string): void {
  for (let index = 0; index < files.all; index++) {
    const place =
      index < files.relevant
        ? join(folder, 'src', String(index % 200))
        : join(folder, 'other', String(index % 97), String(index % 13))
    if (!existsSync(place)) mkdirSync(place, { recursive: true })
    writeFileSync(join(place, `file-${index}`), 'text')
  }
}
