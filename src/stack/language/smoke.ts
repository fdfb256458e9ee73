import { anything, forms, list, map, object, required } from '../schema/build.ts'
import { boolean, duration, integer, oneOf, string, text } from '../schema/scalars.ts'
import { defaults } from './defaults.ts'
import { anyKey, name, target, variableNames } from './names.ts'
import * as workload from './workload.ts'

const contains = list('Texts that must occur.', string('A text.'), { mayBeSingle: true })

const httpExpectation = object(
  'What the answer must be.',
  {
    status: list('Accepted status codes.', integer('A status.', { min: 100, max: 599 }), {
      mayBeSingle: true,
      default: defaults.smoke.status,
    }),
    json: anything(
      'Parts of the JSON body: a map that must occur in it, or JSON paths (`$.items[0].id`) and their values.',
    ),
    contains,
    equals: string('The whole body, without white space at its ends.'),
    matches: string('A regular expression that the body must match.'),
    headers: map('Header → value.', anyKey, string('A value.')),
  },
  {
    short: { scalar: 'status' },
    words: { body: 'write `contains`, `equals`, `matches` or `json`', code: 'write `status`' },
  },
)

const url = (method: string) => text(`${method} this: \`service:port/path\`, or a whole URL.`)

const httpStep = object(
  'One request. Short form: what to GET.',
  {
    get: url('GET'),
    post: url('POST'),
    put: url('PUT'),
    patch: url('PATCH'),
    delete: url('DELETE'),
    head: url('HEAD'),
    url: text('`service:port/path`, or a whole URL; with `method`.'),
    method: string('Method of `url`.', { default: 'GET' }),
    scheme: oneOf(['http', 'https'], 'Scheme for `service:port`.', { default: 'http' }),
    headers: map('Headers.', anyKey, text('A value.')),
    body: text('Body as it is.'),
    json: anything('Body as JSON; sets the content type.'),
    tls: object('How certificates are checked and shown.', {
      ca: name('A certificate under `certs` whose authority is trusted.'),
      client: object('Certificate to show.', {
        cert: required(name('A certificate under `certs`.')),
        leaf: name('Its leaf. Absent: the only one.'),
      }),
      insecure: boolean('Accept any certificate.', { default: false }),
    }),
    capture: map(
      'Variable → JSON path in the answer; later steps read `${capture.NAME}`.',
      variableNames,
      string('A JSON path such as $.id.'),
    ),
    expect: httpExpectation,
  },
  {
    short: { scalar: 'url' },
    exclusive: [
      {
        members: { get: [], post: [], put: [], patch: [], delete: [], head: [], url: ['method'] },
        isRequired: true,
      },
      { members: { body: [], json: [] } },
    ],
    examples: [{ url: 'api:http/healthz', expect: { status: 200, json: { status: 'ok' } } }],
  },
)

const outputExpectation = object(
  'How the command must end.',
  {
    exit: integer('Exit code.', { min: 0, max: 255, default: defaults.smoke.exit }),
    'last-line': string('The last line, without colours and white space at its ends.'),
    contains,
    matches: string('A regular expression that the output must match.'),
  },
  { short: { scalar: 'exit' } },
)

const serviceExec = object('A command in a running replica.', {
  service: required(name('The service.')),
  command: required(workload.argv),
  'working-dir': workload.workingDir,
  expect: outputExpectation,
})

const containerRun = object('A container of its own that runs to its end.', {
  image: required(workload.image),
  target: string('A stage of an image under `images`.'),
  command: workload.command,
  env: workload.environment,
  process: workload.process,
  expect: outputExpectation,
})

export const smoke = object(
  'A check of the running stack, made after `up` and on demand.',
  {
    http: forms('Requests from outside, in order.', {
      scalar: list('Requests.', httpStep, { mayBeSingle: true }),
      map: list('Requests.', httpStep, { mayBeSingle: true }),
      list: list('Requests.', httpStep, { least: 1 }),
    }),
    tcp: target('A port that must accept connections.'),
    exec: serviceExec,
    run: containerRun,
    timeout: duration('How long one try may take.', { default: defaults.smoke.timeout }),
    tries: integer('How often it is tried before it has failed.', {
      min: 1,
      max: 1000,
      default: defaults.smoke.tries,
    }),
  },
  {
    exclusive: [{ members: { http: [], tcp: [], exec: [], run: [] }, isRequired: true }],
    words: {
      retries: 'write `tries`',
      url: 'write `http: service:port/path`',
      command: 'write `exec: { service: …, command: […] }`',
    },
  },
)
