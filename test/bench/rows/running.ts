import { join } from 'node:path'
import { freePorts, untilAnswers } from '../answers.ts'
import { programFile, type Bench } from '../commands.ts'
import { isVersionCall, openCountingProxy } from '../counting-proxy.ts'
import { engineSocket } from '../engine-socket.ts'
import { timed, type Contestant, type Finding, type Scenario } from '../measure.ts'
import { webCommand, writeComposeFile, writeStack } from '../stacks.ts'

const count = 40

/** Rows 4 and 12: forty containers run; nothing changed, then one of them, which serves HTTP. */
export async function running(bench: Bench): Promise<Scenario> {
  const { folder, name } = bench
  const socket = await engineSocket()
  const [ours = 0, peer = 0, floor = 0] = await freePorts(3)
  const raw = (program: string, ...words: string[]): Promise<string> =>
    bench.run(process.execPath, [programFile(program), socket, `${name}-floor`, ...words])
  const web = (answer: string): string => JSON.stringify({ port: floor, command: webCommand, answer })
  /** The command runs on after the answer, and its end is not timed. */
  const untilServed = async (
    port: number,
    answer: string,
    command: () => Promise<string>,
  ): Promise<number> => {
    let ending: Promise<string> | undefined
    const took = await timed(async () => {
      ending = command()
      await Promise.race([untilAnswers(port, answer), ending.then(() => untilAnswers(port, answer))])
    })
    await ending
    return took
  }
  // Each edits a file of its own: the edit of one must not be the change of another.
  const contestant = (
    who: Contestant['name'],
    port: number,
    commands: {
      readonly what: string
      readonly edit: (answer: string) => Promise<void>
      readonly begin: () => Promise<string>
      readonly again: () => Promise<string>
      readonly change: (answer: string) => Promise<string>
    },
  ): Contestant => {
    let edits = 0
    return {
      name: who,
      what: commands.what,
      prepare: async () => {
        await commands.edit('edit-0-')
        await commands.begin()
        await untilAnswers(port, 'edit-0-')
      },
      round: async () => {
        const unchanged = await timed(commands.again)
        const answer = `edit-${++edits}-`
        await commands.edit(answer)
        return [unchanged, await untilServed(port, answer, () => commands.change(answer))]
      },
    }
  }
  const up = (): Promise<string> => bench.iamstack(['up', '--profile', 'compose'])
  const composeUp = (): Promise<string> => bench.run('docker', ['compose', 'up', '--detach'])
  return {
    rows: [
      { number: '4', action: 'up, 40 containers, nothing changed', targets: { peer: 0.75 } },
      { number: '12', action: 'up, 1 of 40 changed, until HTTP', targets: { peer: 0.75, floor: 1.35 } },
    ],
    contestants: [
      contestant('ours', ours, {
        what: 'iamstack up',
        edit: (answer) => writeStack({ folder, name, count, web: { answer, port: ours } }),
        begin: up,
        again: up,
        change: up,
      }),
      contestant('peer', peer, {
        what: 'docker compose up -d',
        edit: (answer) => writeComposeFile({ folder, name, count, web: { answer, port: peer } }),
        begin: composeUp,
        again: composeUp,
        change: composeUp,
      }),
      contestant('floor', floor, {
        what: 'three raw lists; raw create, kill, start',
        edit: () => Promise.resolve(),
        begin: () => raw('up.mjs', String(count), web('edit-0-')),
        again: () => raw('list.mjs'),
        change: (answer) => raw('replace.mjs', web(answer)),
      }),
    ],
    also: () => countCalls(bench, socket),
  }
}

/** Engine calls of a no-op. The first run through the proxy may ask for the version of an engine it has not met. */
async function countCalls(bench: Bench, socket: string): Promise<Finding> {
  const proxy = await openCountingProxy(join(bench.folder, 'proxy.sock'), socket)
  try {
    const up = (): Promise<string> =>
      bench.iamstack(['up', '--profile', 'compose'], { env: { DOCKER_HOST: proxy.host } })
    await up()
    proxy.reset()
    await up()
    const calls = proxy.calls.filter((call) => !isVersionCall(call))
    const versions = proxy.calls.length - calls.length
    return {
      row: '4',
      text: `${calls.length} engine calls (at most 3) + ${versions} for the version: ${calls.join(', ')}`,
      isMet: calls.length <= 3,
    }
  } finally {
    await proxy.close()
  }
}
