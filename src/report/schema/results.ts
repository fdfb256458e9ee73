import { liveCheckIds } from '../../clusters/live-check/finding.ts'
import type { CheckId } from '../../doctor/finding.ts'
import { definitions } from './definitions.ts'
import {
  count,
  decimal,
  flag,
  list,
  mapOf,
  milliseconds,
  moment,
  object,
  oneOf,
  only,
  ref,
  text,
  type JsonSchema,
} from './build.ts'

/** Commands that print a result with `-o json`. */
export type ResultName =
  | 'status'
  | 'plan'
  | 'smoke'
  | 'urls'
  | 'vars'
  | 'validate'
  | 'render'
  | 'logs'
  | 'doctor'
  | 'version'
  | 'history'
  | 'diff'
  | 'check'
  | 'push'
  | 'cost'

/** An amount of money for an hour: as the stack begins, and with every range at its upper end. */
const amount = object('Money for an hour.', { usual: decimal, most: decimal })
const quantity = {
  price: text,
  what: text,
  unit: oneOf(['core', 'GiB', 'piece']),
  usual: decimal,
  most: decimal,
}

const milestone = oneOf(['started', 'healthy', 'completed'])

const statusRow = object(
  'A resource: what is wanted, what is there, and what differs.',
  {
    resource: ref('resource'),
    health: ref('health'),
    detail: text,
    facts: mapOf({ type: ['string', 'number'] }),
  },
  { replicas: object('Replicas.', { ready: count, wanted: count }), drift: text },
)

const smokeResult = object(
  'How a smoke test ended last.',
  { check: text, outcome: oneOf(['passed', 'failed']), milliseconds, at: moment },
  { message: text },
)

const step = object(
  'A step of the plan. `destroys` and `guarded` say why it needs consent.',
  {
    id: text,
    resource: ref('resource'),
    op: ref('op'),
    cause: text,
    after: list(object('A step that comes before it, and how far.', { step: text, until: milestone })),
  },
  {
    destroys: text,
    guarded: text,
    changes: { ...list(text), description: 'What changes inside of it, as its provider says.' },
  },
)

const variable = object(
  'A variable. References that only a target can resolve stand as written.',
  {
    name: text,
    value: text,
    origin: oneOf(['flag', 'environment', 'dotenv', 'local', 'profile', 'default']),
    source: { ...text, description: 'The origin in words.' },
  },
  { place: ref('span') },
)

const rendered = object(
  'A resource as its driver makes it. `parts` are digests.',
  {
    id: ref('resource'),
    parts: mapOf(text),
    needs: list(object('What comes before it.', { on: ref('resource'), until: milestone, cascade: flag })),
    timeout: milliseconds,
  },
  { replicas: count },
)

const revision = object(
  'A revision: what was brought up.',
  {
    revision: count,
    at: moment,
    by: { ...text, description: 'user@host.' },
    command: text,
    result: oneOf(['ok', 'smoke failed']),
    profiles: list(text),
    changes: list(object('What was done.', { resource: ref('resource'), op: ref('op'), cause: text })),
    images: list(
      object('An image of the stack, by what it was built from.', {
        image: text,
        reference: text,
        hash: text,
      }),
    ),
  },
  { commit: object('Where the sources were.', { id: text, isDirty: flag }) },
)

/** Of files for revisions, of fields for profiles. */
const differences = {
  files: list(object('A file of the target that differs.', { path: text, diff: text })),
  differences: list(
    object(
      'A field that means something else; a side that is missing does not have it.',
      { subject: text, field: text },
      { left: text, right: text },
    ),
  ),
}

const checkIds = Object.keys({
  'node/version': true,
  'stack/file': true,
  'target/choice': true,
  'stack/requires': true,
  'docker/engine': true,
  'docker/version': true,
  'docker/api': true,
  'docker/disk': true,
  'docker/address-pools': true,
  'docker/config': true,
  'docker/logins': true,
  'cluster/kind': true,
  'cluster/network': true,
  'cluster/access': true,
  'process/shell': true,
  'process/programs': true,
  'ports/free': true,
  'system/inotify': true,
  'state/folder': true,
} satisfies Record<CheckId, true>)

const results: Readonly<Record<ResultName, JsonSchema>> = {
  status: object('`status -o json`.', {
    project: text,
    target: text,
    resources: list(statusRow),
    smoke: list(smokeResult),
  }),
  plan: object(
    '`plan -o json`. `unseen`: why nobody could look at the target; then it is planned as if nothing were there.',
    {
      project: text,
      steps: list(step),
      unchanged: list(ref('resource')),
      kept: list(object('What stays although nothing wants it.', { resource: ref('resource'), why: text })),
    },
    { unseen: text },
  ),
  smoke: { ...list(smokeResult), description: '`smoke -o json`.' },
  urls: object('One line of `urls -o json`.', { service: text, port: text, url: text }),
  vars: { ...list(variable), description: '`vars -o json`.' },
  validate: object('`validate -o json` of a stack that is valid.', {
    ok: only(true),
    project: text,
    target: text,
    services: count,
    jobs: count,
    images: count,
    warnings: list(ref('diagnostic')),
  }),
  render: object('`render -o json`.', { project: text, resources: list(rendered) }),
  logs: object('One line of `logs -o json`.', {
    time: moment,
    service: text,
    replica: count,
    stream: oneOf(['stdout', 'stderr']),
    text,
  }),
  doctor: object('`doctor -o json`.', {
    ok: flag,
    target: text,
    checks: list(
      object(
        'What one check saw. `check` is stable.',
        { check: oneOf(checkIds), level: oneOf(['ok', 'warning', 'problem']), message: text },
        { cure: text },
      ),
    ),
  }),
  history: object('`history -o json`, oldest first.', {
    project: text,
    target: text,
    revisions: list(revision),
  }),
  diff: object(
    '`diff -o json`: `files` of two revisions, `differences` of two profiles.',
    { left: text, right: text },
    differences,
  ),
  check: object('`check -o json`.', {
    ok: flag,
    profiles: list(
      object(
        'What the target of a profile would refuse or ignore; `live`: what its cluster is like. `target` is absent where the stack is too broken to have one.',
        { profile: text, findings: list(ref('diagnostic')) },
        {
          target: text,
          live: list(
            object(
              'What one check saw of the cluster. `check` is stable.',
              {
                check: oneOf(liveCheckIds),
                level: oneOf(['ok', 'warning', 'problem', 'unchecked']),
                message: text,
              },
              { cure: text },
            ),
          ),
        },
      ),
    ),
  }),
  push: {
    ...list(
      object('An image in its registry: by its tag, and by its content.', {
        image: text,
        reference: text,
        digest: text,
      }),
    ),
    description: '`push -o json`.',
  },
  cost: object(
    '`cost -o json`.',
    {
      project: text,
      currency: text,
      hourly: amount,
      lines: list(
        object('What costs, and how much of it.', { ...quantity, unitPrice: decimal, hourly: amount }),
      ),
      unpriced: list(object('What the profile has no price for; it is not in the sum.', quantity)),
    },
    { dated: text },
  ),
  version: object('`version -o json`.', { iamstack: text, node: text, platform: text, arch: text }),
}

/** What commands print with `-o json`: each result under its command's name in `definitions`, or why the command failed. */
export function resultsSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'iamstack results',
    description: 'What a command prints with `-o json`; `#/definitions/COMMAND` is that of one command.',
    anyOf: [...Object.keys(results), 'commandFailed'].map((name) => ({ $ref: `#/definitions/${name}` })),
    definitions: { ...definitions, ...results },
  }
}
