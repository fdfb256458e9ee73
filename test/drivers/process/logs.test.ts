import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openWorkbench, until, type Workbench } from './workbench.ts'

vi.setConfig({ testTimeout: 30_000 })

let bench: Workbench
beforeEach(() => {
  bench = openWorkbench()
})
afterEach(() => bench.close())

const saying = (name: string, program: string): string => {
  const file = join(bench.root, `${name}.mjs`)
  writeFileSync(file, program)
  return `node ${file}`
}

describe('logs', () => {
  it('S120: of several services are merged by the time at which they came', async () => {
    const say = (name: string, offset: number): string =>
      `  ${name}: { process: { run: "sleep 0.${String(offset)}; echo ${name} 1; sleep 0.4; echo ${name} 2; sleep 1000" } }`
    await bench.up(['services:', say('one', 1), say('two', 3)].join('\n'))
    await until(async () => (await bench.logs()).length === 4)
    const lines = await bench.logs()
    expect(lines.map(({ service, text, stream }) => `${service} ${stream}: ${text}`)).toEqual([
      'one stdout: one 1',
      'two stdout: two 1',
      'one stdout: one 2',
      'two stdout: two 2',
    ])
    expect((await bench.logs({ tail: 1 })).map(({ text }) => text)).toEqual(['one 2', 'two 2'])
    expect((await bench.logs({ services: ['two'] })).map(({ text }) => text)).toEqual(['two 1', 'two 2'])
    expect((await bench.logs({ since: lines[2]!.time })).map(({ text }) => text)).toEqual(['one 2', 'two 2'])
  })

  it('S120: show the line before a crash, the run before, and go on with the next one', async () => {
    const run = saying(
      'crash',
      'console.log(`run of ${process.pid}`); setTimeout(() => { console.error("last words"); process.exit(1) }, 300)',
    )
    await bench.up(`services: { web: { process: { run: ${run} } } }`)
    const controller = new AbortController()
    const texts: string[] = []
    const query = {
      services: [],
      follow: true,
      since: undefined,
      tail: undefined,
      previous: false,
      init: false,
    }
    for await (const { text, stream } of bench.driver.logs(query, controller.signal)) {
      texts.push(`${stream}: ${text.replace(/\d+/, 'PID')}`)
      if (texts.length === 5) controller.abort()
    }
    expect(texts).toEqual([
      'stdout: run of PID',
      'stderr: last words',
      'stdout: run of PID',
      'stderr: last words',
      'stdout: run of PID',
    ])
    expect((await bench.logs({ previous: true })).map(({ text }) => text.replace(/\d+/, 'PID'))).toEqual([
      'run of PID',
      'last words',
    ])
  })

  it('hide secret values', async () => {
    await bench.up(`
secrets: { db: { password: { generate: 24 } } }
services: { web: { env: { PASSWORD: { secret: db, key: password } }, process: { run: "echo the password is $PASSWORD; sleep 1000" } } }
`)
    await until(async () => (await bench.logs()).length === 1)
    expect((await bench.logs()).map(({ text }) => text)).toEqual(['the password is ***'])
  })

  it('keep the end of a flood and lose nothing of it while they are shortened', async () => {
    const lines = 400_000
    const run = saying(
      'flood',
      `import { writeSync } from 'node:fs'
       const filler = 'x'.repeat(60)
       for (let n = 1; n <= ${String(lines)}; n += 20) writeSync(1, Array.from({ length: 20 }, (_, i) => \`\${n + i} \${filler}\\n\`).join(''))
       console.error('done'); setInterval(() => {}, 1000)`,
    )
    await bench.up(`services: { web: { process: { run: ${run} } } }`)
    await until(
      async () =>
        (await bench.logs({ tail: 1 }))[0]?.text !== undefined &&
        (await bench.logs()).some(({ stream }) => stream === 'stderr'),
      20_000,
    )
    await until(async () => (await bench.logs()).length < 250_000)
    const numbers = (await bench.logs())
      .filter(({ stream }) => stream === 'stdout')
      .map(({ text }) => Number.parseInt(text, 10))
    expect(numbers.at(-1)).toBe(lines)
    expect(numbers.every((number, index) => index === 0 || number === numbers[index - 1]! + 1)).toBe(true)
    expect(numbers.length).toBeGreaterThan(100_000)
  })
})
