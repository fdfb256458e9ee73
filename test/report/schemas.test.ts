import { Ajv, type ValidateFunction } from 'ajv'
import { describe, expect, test } from 'vitest'
import type { LiveFinding } from '../../src/clusters/live-check/finding.ts'
import type { ProfileResult } from '../../src/commands/check.ts'
import type { FileDifference } from '../../src/commands/diff.ts'
import type { RevisionRow } from '../../src/commands/history.ts'
import type { PushedImage } from '../../src/commands/push.ts'
import type { StatusRow } from '../../src/commands/status.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import type { LogLine } from '../../src/drivers/driver.ts'
import type { Difference } from '../../src/history/parity.ts'
import type { LockHolder } from '../../src/memory/memory.ts'
import type { Plan, StepBase } from '../../src/plan/step.ts'
import type { VariableRow } from '../../src/resolve/variables-report.ts'
import type { RememberedSmoke } from '../../src/session/smoke-memory.ts'
import type { ServiceUrl } from '../../src/session/urls.ts'
import { publishedSchema } from '../../src/report/schemas.ts'
import { folderWith, runCommand } from '../commands/run-command.ts'
import { diagnostic, events, failure } from './samples.ts'

const compilers = new Map<string, Ajv>()

async function validator(what: string, pointer = ''): Promise<ValidateFunction> {
  const compiler = compilers.get(what) ?? new Ajv({ allErrors: true, allowUnionTypes: true })
  if (!compilers.has(what)) compiler.addSchema((await publishedSchema(what)) ?? {}, what)
  compilers.set(what, compiler)
  return compiler.compile({ $ref: `${what}#${pointer}` })
}

/** What is wrong with a value; nothing when it fits. */
function faults(isValid: ValidateFunction, value: unknown): string[] {
  // Through JSON, as it is printed: members that are undefined are not there.
  isValid(JSON.parse(JSON.stringify(value)))
  return (isValid.errors ?? []).map((each) => `${each.instancePath} ${each.message ?? ''}`)
}

/** Every variant of a value in which one of its objects has a member more; objects under `facts` and `parts` are open maps. */
function withStrangers(value: unknown, key = ''): unknown[] {
  if (Array.isArray(value))
    return value.flatMap((item, index) =>
      withStrangers(item).map((changed) => value.map((each: unknown, at) => (at === index ? changed : each))),
    )
  if (typeof value !== 'object' || value === null) return []
  const here = key === 'facts' || key === 'parts' ? [] : [{ ...value, stranger: 1 }]
  const below = Object.entries(value).flatMap(([name, member]) =>
    withStrangers(member, name).map((changed) => ({ ...value, [name]: changed })),
  )
  return [...here, ...below]
}

describe('events', () => {
  test.each(Object.entries(events))('%s', async (_type, event) => {
    const isEvent = await validator('events')
    expect(faults(isEvent, event)).toEqual([])
    for (const changed of withStrangers(event)) expect(faults(isEvent, changed)).not.toEqual([])
  })

  test('an event without one of its members, or of a type that does not exist', async () => {
    const isEvent = await validator('events')
    expect(faults(isEvent, { type: 'message.reported', at: 1 })).not.toEqual([])
    expect(faults(isEvent, { ...events['message.reported'], type: 'message.sent' })).not.toEqual([])
    expect(faults(isEvent, { ...events['step.progressed'], resource: 'pod/api' })).not.toEqual([])
  })
})

const row: Required<StatusRow> = {
  resource: 'service/api',
  health: 'degraded',
  detail: '1 of 2 answer',
  replicas: { ready: 1, wanted: 2 },
  drift: 'replace: image changed',
  facts: { image: 'todo/app:1', restarts: 1 },
}
const smoke: Required<RememberedSmoke> = {
  check: 'healthy',
  outcome: 'failed',
  milliseconds: 3,
  at: 1,
  message: 'status 500',
}
const step: Omit<Required<StepBase>, 'from'> & { readonly op: Plan['steps'][number]['op'] } = {
  id: 'replace service/db',
  resource: 'service/db',
  op: 'replace',
  cause: 'image changed',
  after: [{ step: 'build image/app', until: 'completed' }],
  destroys: 'the data of volume data',
  guarded: 'its data keeps the old password',
}
const url: Required<ServiceUrl> = { service: 'api', port: 'http', url: 'http://localhost:1' }
const line: Required<LogLine> = { time: 1, service: 'api', replica: 1, stream: 'stdout', text: 'hello' }
const variable: Required<VariableRow> = {
  name: 'A',
  value: '1',
  origin: 'dotenv',
  source: 'the .env file',
  place: diagnostic.span,
}
const finding: Required<Finding> = { check: 'node/version', level: 'warning', message: 'old', cure: 'update' }
const holder: Required<LockHolder> = {
  pid: 1,
  host: 'here',
  user: 'me',
  purpose: 'up',
  since: 1,
  heartbeat: 2,
}
const plan: Pick<Plan, 'unchanged' | 'kept'> = {
  unchanged: ['service/web'],
  kept: [{ resource: 'volume/data', why: 'kept' }],
}

const revision: Required<RevisionRow> = {
  revision: 3,
  at: 1,
  by: 'ada@here',
  command: 'up api',
  result: 'smoke failed',
  profiles: ['compose'],
  changes: [{ resource: 'service/api', op: 'replace', cause: 'image changed' }],
  images: [{ image: 'app', reference: 'todo/app:1', hash: '01234567' }],
  commit: { id: '0123456789ab', isDirty: true },
}
const difference: Required<Difference> = {
  subject: 'service api',
  field: 'replicas',
  left: '1',
  right: '2',
}
const live: Required<LiveFinding> = { check: 'cluster/api', level: 'problem', message: 'no', cure: 'wait' }
const checked: Required<ProfileResult> = {
  profile: 'kind',
  target: 'kind',
  findings: [diagnostic],
  live: [live],
}
const pushed: Required<PushedImage> = {
  image: 'app',
  reference: 'localhost:5001/todo/app:0123456789ab',
  digest: 'sha256:00',
}
const file: Required<FileDifference> = { path: 'compose.yaml', diff: '--- a\n+++ b\n' }

const quantity = { price: 'node-hour', what: 'nodes w', unit: 'piece', usual: 1, most: 3 }
const cost = {
  project: 'todo',
  currency: 'USD',
  dated: '2025-11-01',
  hourly: { usual: 0.05, most: 0.15 },
  lines: [{ ...quantity, unitPrice: 0.05, hourly: { usual: 0.05, most: 0.15 } }],
  unpriced: [quantity],
}

const samples: readonly (readonly [string, unknown])[] = [
  ['status', { project: 'todo', target: 'compose', resources: [row], smoke: [smoke] }],
  ['plan', { project: 'todo', steps: [step], ...plan }],
  ['smoke', [smoke]],
  ['urls', url],
  ['history', { project: 'todo', target: 'compose', revisions: [revision] }],
  ['diff', { left: 'revision 1', right: 'now', files: [file] }],
  ['diff', { left: 'compose', right: 'kind', differences: [difference] }],
  ['check', { ok: false, profiles: [checked] }],
  ['push', [pushed]],
  ['vars', [variable]],
  ['cost', cost],
  [
    'validate',
    { ok: true, project: 'todo', target: 'process', services: 1, jobs: 0, images: 0, warnings: [diagnostic] },
  ],
  [
    'render',
    {
      project: 'todo',
      resources: [
        {
          id: 'service/api',
          parts: { 'config app': 'd1' },
          needs: [{ on: 'service/db', until: 'healthy', cascade: true }],
          replicas: 2,
          timeout: 5,
        },
      ],
    },
  ],
  ['logs', line],
  ['doctor', { ok: false, target: 'compose', checks: [finding] }],
  ['version', { iamstack: '0.1.0', node: '20.19.0', platform: 'linux', arch: 'x64' }],
  ['commandFailed', { type: 'command.failed', exitCode: 2, diagnostics: [diagnostic] }],
  ['commandFailed', { type: 'command.failed', exitCode: 4, failure }],
  ['commandFailed', { type: 'command.failed', exitCode: 8, message: 'locked', holder }],
]

describe('results', () => {
  test.each(samples)('%s', async (name, sample) => {
    const isResult = await validator('results', `/definitions/${name}`)
    expect(faults(isResult, sample)).toEqual([])
    for (const changed of withStrangers(sample)) expect(faults(isResult, changed)).not.toEqual([])
    expect(faults(await validator('results'), sample)).toEqual([])
  })

  test('a failure says why in exactly one way', async () => {
    const isFailed = await validator('results', '/definitions/commandFailed')
    const bare = { type: 'command.failed', exitCode: 1 }
    expect(faults(isFailed, bare)).not.toEqual([])
    expect(faults(isFailed, { ...bare, message: 'no', failure })).not.toEqual([])
  })

  test('what commands really print', async () => {
    const cwd = await folderWith({
      'iamstack.yaml': 'name: todo\nservices: { api: { process: { run: node }, ports: { http: 1 } } }\n',
    })
    const env = {
      HOME: cwd,
      PATH: process.env['PATH'] ?? '',
      IAMSTACK_STATE: cwd,
      IAMSTACK_PROFILE: 'process',
    }
    for (const name of ['doctor', 'validate', 'plan', 'status', 'render', 'version']) {
      const { code, stdout } = await runCommand([name, '-o', 'json'], { cwd, env })
      expect([name, code]).toEqual([name, 0])
      expect(faults(await validator('results', `/definitions/${name}`), JSON.parse(stdout))).toEqual([])
    }
    const isFailed = await validator('results', '/definitions/commandFailed')
    for (const words of [
      ['plan', '--no-such-option'],
      ['plan', '-f', 'none.yaml'],
      ['plan', '--set', 'services.api.prots=1'],
    ]) {
      const { stdout } = await runCommand([...words, '-o', 'json'], { cwd, env })
      expect(faults(isFailed, JSON.parse(stdout))).toEqual([])
    }
  })
})

test('schema prints what is published, and knows what is not', async () => {
  const around = { cwd: await folderWith() }
  for (const what of ['stack', 'profile', 'events', 'results']) {
    const { code, stdout } = await runCommand(['schema', what], around)
    expect(code).toBe(0)
    const schema = JSON.parse(stdout) as object
    expect(schema).toEqual(await publishedSchema(what))
    expect(() => new Ajv({ allowUnionTypes: true, strict: false }).compile(schema)).not.toThrow()
  }
  const { code, stderr } = await runCommand(['schema', 'plan'], around)
  expect([code, stderr]).toMatchInlineSnapshot(`
    [
      2,
      "error schema: there is no plan
      → stack, profile, events, results
    ",
    ]
  `)
})
