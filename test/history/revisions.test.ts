import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Facts } from '../../src/drivers/facts.ts'
import { frozenRevision } from '../../src/history/frozen.ts'
import { changesInWords, historyTable } from '../../src/history/format.ts'
import { filesOfRevision, keepingFiles } from '../../src/history/kept-files.ts'
import { recordRevision } from '../../src/history/record.ts'
import { addRevision, noteResult, readRevisions, revisionNumbered } from '../../src/history/revisions.ts'
import type { Revision } from '../../src/history/revision.ts'
import { readConfigs } from '../../src/content/configs.ts'
import { openFolderMemory } from '../../src/memory/folder.ts'
import type { Memory } from '../../src/memory/memory.ts'
import type { Plan, Step } from '../../src/plan/step.ts'
import { plainStyle } from '../../src/report/style.ts'
import type { ResolvedStack } from '../../src/resolve/resolved.ts'
import { textAsWritten } from '../../src/resolve/text.ts'
import { filesOnDisk, readStack, type FrozenInputs, type InputFiles } from '../../src/session/read-stack.ts'
import { commands } from '../../src/commands/table.ts'
import { readArguments } from '../../src/commands/arguments.ts'
import { folderWith } from '../commands/run-command.ts'

let state: string
let memory: Memory

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'history-'))
  memory = openFolderMemory({
    stackName: 'todo',
    root: '/projects/todo',
    instance: undefined,
    env: { IAMSTACK_STATE: state },
    platform: process.platform,
    home: '/',
  })
})

afterEach(() => rm(state, { recursive: true, force: true }))

const none: Facts = {
  images: new Map(),
  configs: new Map(),
  secrets: new Map(),
  certs: new Map(),
  ports: new Map(),
  sources: new Map(),
  manifests: [],
  charts: new Map(),
}

const update: Step = {
  id: 'replace service/web',
  op: 'replace',
  resource: 'service/web',
  cause: 'env changed',
  after: [],
  destroys: undefined,
  from: undefined,
  wanted: undefined as never,
}
const plan: Plan = { steps: [update], unchanged: [], kept: [] }

async function stackIn(
  cwd: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  files: InputFiles = filesOnDisk,
  frozen?: FrozenInputs,
): Promise<ResolvedStack> {
  const entry = commands.find(({ name }) => name === 'up')
  if (!entry) throw new Error('there is no up')
  const read = await readStack({
    given: readArguments(entry, words, {}),
    env,
    cwd,
    fallbackTarget: 'compose',
    files,
    ...(frozen && { frozen }),
  })
  if (!read.ok) throw new Error(read.errors.map(({ message }) => message).join('\n'))
  return read.value
}

const sample: Omit<Revision, 'number'> = {
  form: 1,
  at: new Date(2026, 10, 21, 14, 3).getTime(),
  by: 'ada@here',
  command: 'up',
  result: 'ok',
  project: 'todo',
  target: 'compose',
  profiles: [],
  entry: 'iamstack.yaml',
  inputs: { files: {}, patterns: {} },
  set: [],
  secretSets: [],
  variables: {},
  secretVariables: [],
  facts: { images: {}, manifests: [], charts: {} },
  changes: [],
  commit: undefined,
}

const todo = { project: 'todo', profile: { target: 'compose' } } as ResolvedStack

it('keeps the last twenty, and never gives a number twice', async () => {
  for (let count = 0; count < 23; count++) await addRevision(memory, sample)
  const numbers = (await readRevisions(memory, todo)).map(({ number }) => number)
  expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => index + 4))
})

it('leaves out what other targets on this machine, other instances and later versions of iamstack keep', async () => {
  await addRevision(memory, sample)
  await addRevision(memory, { ...sample, target: 'process' })
  await addRevision(memory, { ...sample, project: 'todo-two' })
  await memory.write('revisions/4', { form: 2 })
  const revisions = await readRevisions(memory, todo)
  expect(revisions.map(({ number }) => number)).toEqual([1])
  expect(await addRevision(memory, sample)).toBe(5)
  expect(() => revisionNumbered(revisions, 2)).toThrow('there is no revision 2 of this stack on this target')
})

it('S127: what is kept makes the same stack again, in another folder, on another day, for somebody else', async () => {
  const folder = await folderWith({
    'iamstack.yaml': `name: todo
include: ./more/db.yaml
vars: { LOG_LEVEL: info, FROM_FLAG: "", FROM_ENV: "" }
configs: { app: { template: ./config/*.yaml }, bytes: { files: ./data } }
services:
  web: { image: busybox, env: { LEVEL: "\${LOG_LEVEL}", FLAG: "\${FROM_FLAG}", ENV: "\${FROM_ENV}", DOT: "\${FROM_DOTENV}" }, mounts: { /app: { config: app }, /data: { config: bytes } } }
`,
    'more/db.yaml': 'services: { db: { image: redis } }\n',
    'profiles/compose.yaml': 'vars: { LOG_LEVEL: debug }\n',
    'profiles/compose.local.yaml': 'services: { db: { replicas: 2 } }\n',
    'config/a.yaml': 'a: ${ONLY_HERE}\n',
    'config/b.yaml': 'b: ${service.db.host}\n',
    'data/raw.bin': 'bytes',
    '.env': 'FROM_DOTENV=dotenv\n',
  })
  const disk = keepingFiles(filesOnDisk)
  const words = ['--var', 'FROM_FLAG=flag', '--set', 'services.web.replicas=3', '--profile', 'compose']
  const before = await stackIn(
    folder,
    words,
    { FROM_ENV: 'environment', ONLY_HERE: 'template', HOME: '/a' },
    disk,
  )
  const configs = await readConfigs(before, undefined, disk)
  if (!configs.ok) throw new Error('the configs are valid')
  const opened = { stack: before, memory, files: disk, redact: (text: string) => text }
  const facts = { ...none, configs: configs.value }
  expect(await recordRevision({ opened, facts, plan, command: 'up', set: ['services.web.replicas=3'] })).toBe(
    1,
  )

  const [revision] = await readRevisions(memory, before)
  if (!revision) throw new Error('it was kept')
  expect(Object.keys(revision.inputs.files).sort()).toMatchInlineSnapshot(`
    [
      "config/a.yaml",
      "config/b.yaml",
      "data/raw.bin",
      "iamstack.yaml",
      "more/db.yaml",
      "profiles/compose.local.yaml",
      "profiles/compose.yaml",
    ]
  `)
  expect(revision.variables).toMatchInlineSnapshot(`
    {
      "FROM_DOTENV": "dotenv",
      "FROM_ENV": "environment",
      "FROM_FLAG": "flag",
      "ONLY_HERE": "template",
    }
  `)

  const elsewhere = await folderWith({ 'iamstack.yaml': 'name: todo\nservices: { web: { image: nginx } }\n' })
  const env = { FROM_ENV: 'another day', LOG_LEVEL: 'error', HOME: '/b' }
  const frozen = frozenRevision(revision, elsewhere, env)
  const after = await stackIn(elsewhere, [], env, frozen.files, frozen.inputs)
  const texts = (stack: ResolvedStack) =>
    [...(stack.services.get('web')?.env ?? [])].map(([name, value]) => [
      name,
      value.kind === 'text' ? textAsWritten(value.text) : '',
    ])
  expect(texts(after)).toEqual(texts(before))
  expect(texts(after)).toEqual([
    ['LEVEL', 'debug'],
    ['FLAG', 'flag'],
    ['ENV', 'environment'],
    ['DOT', 'dotenv'],
  ])
  expect([after.services.get('web')?.replicas, after.services.get('db')?.replicas]).toEqual([3, 2])
  const again = await readConfigs(after, undefined, frozen.files)
  expect(again.ok && again.value.get('app')?.files.map(({ path, hash }) => [path, hash])).toEqual(
    configs.value.get('app')?.files.map(({ path, hash }) => [path, hash]),
  )
  // A rollback is kept as what it brought back.
  expect(frozen.files.kept(elsewhere)).toEqual(revision.inputs)
})

it('nothing is kept of an up that changed nothing, or only waited and built', async () => {
  const opened = { stack: todo, memory, files: keepingFiles(filesOnDisk), redact: (text: string) => text }
  const waiting: Plan = { ...plan, steps: [{ ...update, id: 'wait service/web', op: 'wait' }] }
  for (const each of [{ ...plan, steps: [] }, waiting])
    expect(await recordRevision({ opened, facts: none, plan: each, command: 'up', set: [] })).toBeUndefined()
  expect(await memory.list('revisions')).toEqual([])
})

it('values that hold a secret are named, not kept', async () => {
  const folder = await folderWith({
    'iamstack.yaml':
      'name: todo\nservices: { web: { image: busybox, env: { A: "${PASSWORD}", B: "${USER_NAME}", C: "${PIN}" } } }\nsecrets: { pin: { value: { env: PIN } } }\n',
  })
  const disk = keepingFiles(filesOnDisk)
  const stack = await stackIn(folder, ['--var', 'PASSWORD=geheim'], { USER_NAME: 'ada', PIN: '123' }, disk)
  const opened = { stack, memory, files: disk, redact: (text: string) => text.replaceAll('geheim', '***') }
  const set = ['services.web.env.C=geheim', 'services.web.replicas=2']
  await recordRevision({ opened, facts: none, plan, command: 'up', set })
  const [revision] = await readRevisions(memory, stack)
  expect([revision?.variables, revision?.secretVariables, revision?.set, revision?.secretSets]).toEqual([
    { USER_NAME: 'ada' },
    ['PASSWORD', 'PIN'],
    ['services.web.replicas=2'],
    ['services.web.env.C'],
  ])
  expect(await readFile(join(memory.folder, 'revisions', '1.json'), 'utf8')).not.toContain('geheim')
  const frozen = revision && frozenRevision(revision, folder, { PASSWORD: 'today', USER_NAME: 'bob' })
  expect(frozen?.inputs.variables).toEqual({ USER_NAME: 'ada', PASSWORD: 'today' })
})

it('knows the commit, and whether files under version control differ from it', async () => {
  const folder = await folderWith({ 'iamstack.yaml': 'name: todo\nservices: { web: { image: busybox } }\n' })
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...words], { cwd: folder }).toString()
  const commitNow = async () => {
    const opened = {
      stack: await stackIn(folder, [], {}),
      memory,
      files: keepingFiles(filesOnDisk),
      redact: String,
    }
    const number = await recordRevision({ opened, facts: none, plan, command: 'up', set: [] })
    return ((await memory.read(`revisions/${number}`)) as Revision).commit
  }
  expect(await commitNow()).toBeUndefined()
  git('init', '-q')
  expect(await commitNow()).toBeUndefined()
  git('add', '.')
  git('commit', '-q', '-m', 'first')
  const id = git('rev-parse', 'HEAD').slice(0, 12)
  expect(await commitNow()).toEqual({ id, isDirty: false })
  execFileSync('sh', ['-c', 'echo "# more" >> iamstack.yaml; touch untracked'], { cwd: folder })
  expect(await commitNow()).toEqual({ id, isDirty: true })
})

it('bytes come back as they were', async () => {
  const folder = await folderWith({})
  const contents = {
    text: Buffer.from('grün\n'),
    mark: Buffer.from('\ufeffa'),
    raw: Buffer.from([0, 255, 254]),
  }
  const files = keepingFiles({
    ...filesOnDisk,
    read: (path) => Promise.resolve(contents[path.slice(folder.length + 1) as keyof typeof contents]),
  })
  for (const name of Object.keys(contents)) await files.read(join(folder, name))
  const kept = files.kept(folder)
  expect(kept.files).toEqual({
    text: { text: 'grün\n' },
    mark: { base64: '77u/YQ==' },
    raw: { base64: 'AP/+' },
  })
  const back = filesOfRevision(structuredClone(kept), '/elsewhere')
  for (const [name, bytes] of Object.entries(contents))
    expect(Buffer.from(await back.read(`/elsewhere/${name}`))).toEqual(bytes)
  expect(await back.readIfThere('/elsewhere/other')).toBeUndefined()
})

it('tells what a revision was, in a table', async () => {
  const image = { hash: 'a1b2c3d4'.repeat(8), reference: 'todo/app:a1b2c3d4e5f6', defaults: {} as never }
  const created = (resource: `service/${string}`) => ({
    resource,
    op: 'create' as const,
    cause: 'not there yet',
  })
  await addRevision(memory, {
    ...sample,
    changes: ['service/a', 'service/b'].map((id) => created(id as 'service/a')),
  })
  await addRevision(memory, {
    ...sample,
    command: 'up web',
    commit: { id: '0123456789ab', isDirty: true },
    facts: { ...sample.facts, images: { app: image } },
    changes: [
      { resource: 'service/web', op: 'replace', cause: 'image changed' },
      { resource: 'job/migrate', op: 'run', cause: 'image changed' },
    ],
  })
  await noteResult(memory, 2, 'smoke failed')
  const revisions = await readRevisions(memory, todo)
  expect(`\n${historyTable(revisions, plainStyle)}\n`).toMatchInlineSnapshot(`
    "
       REVISION  WHEN              WHO       COMMAND                COMMIT     IMAGES        CHANGED
       1         2026-11-21 14:03  ada@here  up                     –          –             all 2 resources are new
    ●  2         2026-11-21 14:03  ada@here  up web (smoke failed)  01234567+  app a1b2c3d4  service/web: image changed; job/migrate: image changed
    "
  `)
  expect(
    historyTable(revisions, plainStyle, 60)
      .split('\n')
      .every((line) => line.length <= 60),
  ).toBe(true)
  expect(changesInWords([])).toBe('')
})
