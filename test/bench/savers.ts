import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { untilAnswers } from './answers.ts'
import type { Bench } from './commands.ts'
import { timed, type Contestant } from './measure.ts'
import type { Page } from './pages.ts'
import { peerName } from './stacks.ts'

/** Milliseconds. */
const patience = { save: 30_000, first: 5_000, tries: 6, pause: 300 }

export interface Saver {
  readonly name: Contestant['name']
  readonly what: string
  readonly page: Page
  readonly port: number
  readonly begin: () => Promise<void>
  readonly end?: () => Promise<void>
  /** Every round, in milliseconds: for what a scenario asks besides its median. */
  readonly times?: number[]
  /** Where whoever carries the saves over prints; its end is part of the complaint when a save never arrives. */
  readonly log?: string
}

/** A contestant of which a round is one save, until it is served. */
export function saver({ name, what, page, port, begin, end, times, log }: Saver): Contestant {
  const save = async (patient: number): Promise<void> => {
    await page.save()
    await untilAnswers(port, page.answer(), patient)
  }
  return {
    name,
    what,
    prepare: async () => {
      await begin()
      // Nobody says when he watches: saves until one arrives.
      for (let left = patience.tries; ; left--) {
        try {
          await save(patience.first)
          break
        } catch (error) {
          if (left > 1) continue
          const printed = log === undefined ? '' : (await readFile(log, 'utf8')).slice(-2000)
          throw new Error(`no save arrived in ${patience.save / 1000} s:\n${printed}`, { cause: error })
        }
      }
      await sleep(patience.pause)
    },
    round: async () => {
      const took = await timed(() => save(patience.save))
      times?.push(took)
      // A quiet tree again: whoever saves on and on measures how long edits are gathered.
      await sleep(patience.pause)
      return [took]
    },
    ...(end && { dispose: end }),
  }
}

export interface DevStack {
  /** Of its own: what lies beside the stack file may be watched. */
  readonly folder: string
  /** Lines of the stack file below `version` and `name`. */
  readonly text: string
  readonly profile: string
  /** Lines of a profile of that name. */
  readonly profileText?: string
  readonly env?: Readonly<Record<string, string>>
}

/** `iamstack dev` beside its stack file; it ends with the containers gone. */
export function devSession(bench: Bench, { folder, text, profile, profileText, env = {} }: DevStack) {
  const log = join(folder, '..', `${profile}-dev.log`)
  const options = { cwd: folder, env }
  let child: ChildProcess | undefined
  return {
    log,
    begin: async (): Promise<void> => {
      await mkdir(join(folder, 'profiles'), { recursive: true })
      await writeFile(join(folder, 'iamstack.yaml'), `version: 1\nname: ${bench.name}\n${text}`)
      if (profileText !== undefined) await writeFile(join(folder, 'profiles', `${profile}.yaml`), profileText)
      const [command, entry] = bench.entry
      const words = [entry, 'dev', '--profile', profile, '--progress', 'plain', '--yes']
      child = bench.start(command, words, { ...options, log })
    },
    end: async (): Promise<void> => {
      if (child?.exitCode === null) {
        child.kill('SIGINT')
        await Promise.race([once(child, 'exit'), sleep(20_000, undefined, { ref: false })])
      }
      await bench.iamstack(['down', '--profile', profile, '--yes', '--volumes'], options)
    },
    child: () => child,
  }
}

/** `docker compose watch` with one service `app` of the image in `./app`, on a port of this machine. */
export function composeWatch(bench: Bench, folder: string, port: number, watch: string) {
  const log = join(folder, 'watch.log')
  const compose = ['compose', '--file', join(folder, 'compose.yaml')]
  return {
    log,
    begin: async (): Promise<void> => {
      await writeFile(
        join(folder, 'compose.yaml'),
        `name: ${peerName(bench.name)}
services:
  app:
    build: ./app
    ports: ["127.0.0.1:${port}:8000"]
    stop_grace_period: 1s
    develop: { watch: [${watch}] }
`,
      )
      await bench.run('docker', [...compose, 'up', '--detach', '--build'])
      bench.start('docker', [...compose, 'watch', '--no-up'], { log })
    },
  }
}
