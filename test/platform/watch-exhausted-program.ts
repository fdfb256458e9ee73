// Watches twelve folders where the system has watches for fewer, edits each, and prints what was told and said.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { watchFiles } from '../../src/platform/watch.ts'

const folder = process.argv[2] ?? ''
const names = Array.from({ length: 12 }, (_, index) => join('tree', String(index), 'file'))
for (const name of names) {
  mkdirSync(join(folder, name, '..'), { recursive: true })
  writeFileSync(join(folder, name), 'text')
}
const told = new Set<string>()
const errors: string[] = []
const watcher = await watchFiles({
  paths: [join(folder, 'tree')],
  isIgnored: () => false,
  onChange: (path) => told.add(relative(folder, path)),
  onError: ({ message, hint }) => errors.push(`${message} → ${hint}`),
})
for (const name of names) writeFileSync(join(folder, name), 'edited')
writeFileSync(join(folder, 'tree', 'new'), 'text')
while (told.size < names.length + 1) await sleep(20)
await watcher.close()
console.log(JSON.stringify({ told: [...told].sort(), errors }))
