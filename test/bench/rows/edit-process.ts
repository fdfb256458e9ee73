import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts, untilAnswers } from '../answers.ts'
import type { Bench } from '../commands.ts'
import { timed, type Scenario } from '../measure.ts'

/** Row 24: an edit of a program that runs as a local process, until the new one answers. */
export async function editProcess(bench: Bench): Promise<Scenario> {
  const { folder, name } = bench
  const [port = 0, floorPort = 0] = await freePorts(2)
  const ours = await createProgram(join(folder, 'app'))
  const floor = await createProgram(join(folder, 'floor'))
  await writeFile(join(folder, 'iamstack.yaml'), stackText(name, port))
  let dev: ChildProcess | undefined
  let server: ChildProcess | undefined
  const serve = (): ChildProcess => bench.start(process.execPath, [floor.file, String(floorPort)])
  return {
    rows: [{ number: '24', action: 'edit, process restarted, until HTTP', targets: { floor: 1.5 } }],
    contestants: [
      {
        name: 'ours',
        what: 'iamstack dev --profile process',
        prepare: async () => {
          const [command, entry] = bench.entry
          dev = bench.start(command, [entry, 'dev', '--profile', 'process', '--progress', 'plain'])
          await untilAnswers(port, ours.answer())
          // A quiet tree: the watcher is ready and the first plan is done.
          await sleep(1000)
        },
        round: async () => {
          const took = await timed(async () => {
            await ours.edit()
            await untilAnswers(port, ours.answer())
          })
          // Whoever edits again at once measures the restart of a program that has hardly begun.
          await sleep(300)
          return [took]
        },
        dispose: async () => {
          if (dev?.exitCode !== null) return
          dev.kill('SIGINT')
          await once(dev, 'exit')
          await bench.iamstack(['down', '--profile', 'process'])
        },
      },
      {
        name: 'floor',
        what: 'kill, spawn, GET every 2 ms',
        prepare: async () => {
          server = serve()
          await untilAnswers(floorPort, floor.answer())
        },
        round: async () => {
          const old = server
          const took = await timed(async () => {
            await floor.edit()
            old?.kill('SIGKILL')
            if (old) await once(old, 'exit')
            server = serve()
            await untilAnswers(floorPort, floor.answer())
          })
          await sleep(300)
          return [took]
        },
        dispose: async () => {
          server?.kill('SIGKILL')
          await Promise.resolve()
        },
      },
    ],
  }
}

interface Program {
  readonly file: string
  answer(): string
  edit(): Promise<void>
}

/** A server that answers a constant of its own text. */
async function createProgram(folder: string): Promise<Program> {
  const file = join(folder, 'server.mjs')
  let edits = 0
  const answer = (): string => `answer-${edits}-`
  const write = (): Promise<void> =>
    writeFile(
      file,
      `import { createServer } from 'node:http'
const answer = '${answer()}'
createServer((_, response) => response.end(answer)).listen(Number(process.argv[2]), '127.0.0.1')
`,
    )
  await mkdir(folder)
  await write()
  return {
    file,
    answer,
    edit: () => {
      edits += 1
      return write()
    },
  }
}

function stackText(name: string, port: number): string {
  return `version: 1
name: ${name}
services:
  app:
    process: { run: ${JSON.stringify(['node', 'server.mjs', '${self.port.http}'])}, cwd: app }
    ports: { http: 8000 }
    expose: { http: "local:${port}" }
    health: { http: /, port: http }
    stop: { grace: 1s }
`
}
