import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '../answers.ts'
import { clusterEnvironment, nodePort } from '../cluster.ts'
import { root, type Bench } from '../commands.ts'
import { timed, type Scenario } from '../measure.ts'

type Profile = 'process' | 'compose' | 'docker-desktop' | 'kind'

interface Language {
  readonly name: string
  readonly file: string
  /** What one line has, and what it has after the edit of this number. */
  readonly from: string
  readonly to: (number: number) => string
  /** A request whose answer shows it. */
  readonly method: 'GET' | 'POST'
  readonly path: string
}

/** Milliseconds. */
const patience = { start: 300_000, save: 60_000, pause: 1_000 }

const edited: readonly Language[] = [
  {
    name: 'Python',
    file: 'python/course.py',
    from: '{"id": number,',
    to: (number) => `{"edit-${number}-": 1, "id": number,`,
    method: 'GET',
    path: '/course/courses',
  },
  {
    name: 'Node',
    file: 'node/api-gateway.mjs',
    from: "'nothing is here'",
    to: (number) => `'nothing is here, edit-${number}-'`,
    method: 'GET',
    path: '/nowhere',
  },
  {
    name: 'Go',
    file: 'go/courseedge/main.go',
    from: '"log in first"',
    to: (number) => `"log in first, edit-${number}-"`,
    method: 'POST',
    path: '/course/courses/1/students/me',
  },
]

/** One line of a service of `examples/microservices` edited, in each of its languages, until its answer shows it. */
export async function languages(bench: Bench, profile: Profile): Promise<Scenario> {
  const folder = join(bench.folder, 'microservices')
  await cp(join(root, 'examples', 'microservices'), folder, { recursive: true })
  const stackFile = join(folder, 'iamstack.yaml')
  const stack = await readFile(stackFile, 'utf8')
  await writeFile(stackFile, stack.replace(/^name: .*$/m, `name: ${bench.name}`))
  const { port, env } = await placeOf(bench, profile)
  const options = { cwd: folder, env }
  const log = join(bench.folder, 'dev.log')
  const texts = await Promise.all(edited.map(({ file }) => readFile(join(folder, file), 'utf8')))
  let child: ChildProcess | undefined
  let edits = 0

  const edit = async (language: Language, text: string): Promise<void> => {
    edits += 1
    const next = text.replace(language.from, language.to(edits))
    if (next === text) throw new Error(`${language.file} has no ${language.from}`)
    await writeFile(join(folder, language.file), next)
    await untilShown(port, language, `edit-${edits}-`, patience.save)
  }

  return {
    rows: edited.map(({ name }) => ({
      number: `languages ${profile} ${name}`,
      action: `${name} edited, until HTTP, ${profile}`,
      targets: {},
    })),
    contestants: [
      {
        name: 'ours',
        what: `iamstack dev --profile ${profile}`,
        prepare: async () => {
          const [command, entry] = bench.entry
          const words = [entry, 'dev', '--profile', profile, '--progress', 'plain', '--yes', '--no-smoke']
          child = bench.start(command, words, { ...options, log })
          for (const language of edited)
            await untilShown(
              port,
              language,
              language.name === 'Node' ? 'nothing is here' : '',
              patience.start,
            )
          await sleep(5 * patience.pause)
        },
        round: async () => {
          const took: number[] = []
          for (const [index, language] of edited.entries()) {
            took.push(await timed(() => edit(language, texts[index] ?? '')))
            await sleep(patience.pause)
          }
          return took
        },
        dispose: async () => {
          if (child?.exitCode === null) {
            child.kill('SIGINT')
            await Promise.race([once(child, 'exit'), sleep(20_000, undefined, { ref: false })])
          }
          await bench.iamstack(['down', '--profile', profile, '--yes', '--volumes'], options)
          if (profile === 'kind') await bench.run('kind', ['delete', 'cluster', '--name', bench.name])
        },
      },
    ],
  }
}

/** Where the one entry listens, so that nothing else is in the way, and what tells the stack. */
async function placeOf(
  bench: Bench,
  profile: Profile,
): Promise<{ port: number; env: Readonly<Record<string, string>> }> {
  switch (profile) {
    case 'process':
    case 'compose': {
      const [port = 0] = await freePorts(1)
      return { port, env: { IAMSTACK_SET: `services.api-gateway.expose.http=local:${port}` } }
    }
    case 'docker-desktop': {
      const port = nodePort()
      const set = `services.api-gateway.expose.http=node:${port}`
      return { port, env: { ...clusterEnvironment, IAMSTACK_SET: set } }
    }
    case 'kind': {
      const image = process.env['IAMSTACK_LAB_KIND_IMAGE']
      const settings = [`kind.cluster=${bench.name}`, ...(image === undefined ? [] : [`kind.image=${image}`])]
      return { port: 30_080, env: { IAMSTACK_SET: settings.join(',') } }
    }
    default:
      return profile satisfies never
  }
}

/** Any answer will do for an empty text, whatever its status. */
async function untilShown(port: number, language: Language, text: string, patient: number): Promise<void> {
  const end = Date.now() + patient
  while (Date.now() < end) {
    const body = await bodyOf(port, language)
    if (body?.includes(text)) return
    await sleep(2)
  }
  throw new Error(`${language.method} ${language.path} never answered ${text}`)
}

async function bodyOf(port: number, { method, path }: Language): Promise<string | undefined> {
  try {
    const options = { method, signal: AbortSignal.timeout(1_000), headers: { connection: 'close' } }
    return await (await fetch(`http://127.0.0.1:${port}${path}`, options)).text()
  } catch {
    // Nobody listens, or the connection broke off with the one before.
    return undefined
  }
}
