import { existsSync } from 'node:fs'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { StepError } from '../plan/step-error.ts'
import { exitCodes, type Command } from './command.ts'

/** Writes a commented stack file for what lies in this folder: a Dockerfile, a Node, Go or Python program. */
export const init: Command = async (given, around) => {
  const path = join(around.cwd, 'iamstack.yaml')
  if (existsSync(path) && !given.isOn('force')) {
    throw new StepError('precondition', `${path} is there already`, {
      hint: 'iamstack validate checks it; --force replaces it',
    })
  }
  const found = await lookAround(around.cwd)
  await writeFile(path, stackText(nameFrom(around.cwd), found), { flag: given.isOn('force') ? 'w' : 'wx' })
  around.stdout.write(`wrote ${path}: ${found.why}\nnext: iamstack dev\n`)
  return exitCodes.ok
}

interface Found {
  readonly hasDockerfile: boolean
  readonly port: number
  readonly run: string | undefined
  readonly why: string
}

async function lookAround(folder: string): Promise<Found> {
  const files = new Set(await readdir(folder))
  const hasDockerfile = files.has('Dockerfile')
  const dockerfile = hasDockerfile ? await readFile(join(folder, 'Dockerfile'), 'utf8') : ''
  const port = Number(/^\s*EXPOSE\s+(\d+)/im.exec(dockerfile)?.[1] ?? 8080)
  const run = files.has('package.json')
    ? await npmCommand(folder)
    : files.has('go.mod')
      ? 'go run .'
      : files.has('main.py')
        ? 'python3 main.py'
        : undefined
  const seen = [hasDockerfile && 'a Dockerfile', run !== undefined && `a program (${run})`].filter(
    (each) => each !== false,
  )
  return {
    hasDockerfile,
    port,
    run,
    why: seen.length > 0 ? `found ${seen.join(' and ')}` : 'found no program; the file shows an example',
  }
}

async function npmCommand(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'package.json'), 'utf8')
  try {
    const manifest = JSON.parse(text) as { scripts?: { start?: string }; main?: string }
    return manifest.scripts?.start === undefined ? `node ${manifest.main ?? 'index.js'}` : 'npm start'
  } catch {
    // A package.json that is no JSON is npm's to complain about; the stack file only needs a command to begin with.
    return 'node index.js'
  }
}

function stackText(name: string, found: Found): string {
  const image = found.hasDockerfile ? ['images:', '  app: { context: . }', ''] : []
  const source = found.hasDockerfile
    ? '    image: app'
    : '    image: nginx:1.22                    # an image to run, or a name under `images`'
  const process =
    found.run === undefined
      ? '    # process: { run: ./server }          # how it runs without containers'
      : `    process: { run: ${JSON.stringify(found.run)} }   # how it runs without containers`
  return [
    '# One application, every environment. iamstack dev follows your edits; iamstack schema describes every key.',
    'version: 1',
    `name: ${name}`,
    '',
    ...image,
    'services:',
    '  app:',
    source,
    process,
    `    ports: { http: ${found.hasDockerfile || found.run !== undefined ? found.port : 80} }`,
    '    expose: { http: local }               # a port on this machine; local:8080 fixes it',
    '    health: { http: /, port: http }',
    '    env:',
    '      PORT: "${self.port.http}"           # the port to listen on',
    '',
    'smoke:',
    '  answers: { http: { url: "app:http/", expect: { status: 200 } } }',
    '',
  ].join('\n')
}

/** A DNS label made of the folder's name. */
function nameFrom(folder: string): string {
  const label = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
  return /^[a-z]/.test(label) ? label : `app${label === '' ? '' : `-${label}`}`
}
