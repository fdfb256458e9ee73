import type { SourceNode } from '../node.ts'
import { anyMap, forms, list, map, object, required } from '../schema/build.ts'
import { boolean, bytes, cpu, duration, fileMode, integer, oneOf, string, text } from '../schema/scalars.ts'
import { defaults } from './defaults.ts'
import { anyKey, containerPaths, environmentNames, imageReference, name, names, path } from './names.ts'
import { mountWords } from './words.ts'

/** What services, jobs, init steps and smoke runs have in common. */

const argvCure = (node: SourceNode): string | undefined =>
  node.kind === 'scalar'
    ? 'write a list of arguments: `[serve, --port, "80"]`; for a shell line `[sh, -c, "…"]`'
    : undefined

export const argv = list('A program and its arguments; no shell comes between.', text('One argument.'), {
  cure: argvCure,
})

export const entrypoint = {
  ...argv,
  doc: 'Replaces the ENTRYPOINT of the image (the `command` of a Kubernetes container). Absent: that of the image.',
}
export const command = {
  ...argv,
  doc: 'Replaces the CMD of the image, the arguments of its entrypoint (the `args` of a Kubernetes container). Absent: that of the image.',
}

export const image = imageReference(
  'A name under `images` (built here), else a reference to an image that exists.',
  { examples: ['app', 'mariadb:10.11'] },
)

export const environmentValue = object(
  'The value of an environment variable: a text, a key of a secret or config, or a fact about the replica.',
  {
    value: text('The text itself; may refer to variables, addresses, ports and URLs.'),
    secret: name('A secret; `key` says which of its values.'),
    config: name('A config; `key` says which of its files.'),
    key: string('The key in the secret or config.'),
    field: oneOf(
      ['pod-ip', 'node', 'namespace', 'name'],
      'A fact that only the target knows about the replica.',
    ),
  },
  {
    short: { scalar: 'value' },
    exclusive: [
      {
        members: { value: [], secret: ['key'], config: ['key'], field: [] },
        needs: { secret: 'key', config: 'key' },
        isRequired: true,
      },
    ],
    cure: () => 'for an empty value write `""`',
  },
)

export const environment = map(
  'Environment variables. Numbers and booleans are passed as they are written.',
  environmentNames,
  environmentValue,
  {
    cure: (node) => (node.kind === 'list' ? 'write a map: `env: { NAME: value }`' : undefined),
    examples: [{ DB_HOST: '${service.db.host}', PASSWORD: { secret: 'db', key: 'password' } }],
  },
)

export const environmentFrom = list(
  'Whole configs or secrets whose keys become environment variables.',
  object(
    'One source of variables.',
    {
      config: name('A config.'),
      secret: name('A secret.'),
      prefix: string('Put before every name.'),
    },
    { exclusive: [{ members: { config: [], secret: [] }, isRequired: true }] },
  ),
)

const keys = list('Only these keys, as files of the same names.', string('A key.'), { mayBeSingle: true })

export const mount = object(
  'What appears at this path. Short form: the name of a volume, or a path (`./src`) of the host.',
  {
    volume: name('A volume under `volumes`.'),
    'sub-path': string('A folder in the volume instead of its root.'),
    scratch: name(
      'An empty folder that lives as long as the replica; the same name is shared with init steps and pod-mates.',
    ),
    bind: path('A folder or file of this machine. Local targets only.'),
    config: name('A config under `configs`.'),
    secret: name('A secret under `secrets`; always read-only.'),
    cert: name('A certificate under `certs`: `ca.crt`, and `<leaf>.crt` and `<leaf>.key` of every leaf.'),
    key: string('One key, mounted as a file at exactly this path; its neighbours stay.'),
    keys,
    mode: fileMode('Permission bits of the files.', {
      default: `${defaults.mode.config}, secrets and certificates ${defaults.mode.secret}`,
    }),
    'read-only': boolean('Refuse writes.', { default: false }),
  },
  {
    short: {
      scalar: ({ text: written }) =>
        written.includes('${') ? undefined : /^[./~]/.test(written) ? 'bind' : 'volume',
    },
    words: mountWords,
    exclusive: [
      {
        members: {
          volume: ['sub-path'],
          scratch: [],
          bind: [],
          config: ['key', 'keys', 'mode'],
          secret: ['key', 'keys', 'mode'],
          cert: ['mode'],
        },
        isRequired: true,
      },
      { members: { key: [], keys: [] } },
    ],
  },
)

export const mounts = map(
  'Files and folders, keyed by the path inside the container.',
  containerPaths,
  mount,
  {
    cure: (node) =>
      node.kind === 'list'
        ? 'write a map keyed by the path inside: `mounts: { /data: { volume: data } }`'
        : undefined,
    examples: [
      {
        '/var/lib/mysql': { volume: 'data', 'sub-path': 'db' },
        '/run/secrets/db': { secret: 'db', keys: ['password'] },
      },
    ],
  },
)

export const needs = map(
  'Services and jobs that come first. Held on every update of them, not only at the first start. A list means the default of each.',
  names,
  object(
    'What is waited for.',
    {
      is: oneOf(
        ['started', 'healthy', 'completed'],
        '`healthy` is `started` where there is no health; `completed` is for jobs.',
        {
          default: 'healthy; completed for a job',
        },
      ),
      cascade: boolean('Restart this one too when the other is replaced.', { default: false }),
    },
    {
      short: { scalar: 'is' },
      words: { condition: 'write `is`: started, healthy or completed', restart: 'write `cascade`' },
    },
  ),
  { listIsKeys: true, examples: [{ db: 'healthy', migrate: 'completed' }] },
)

const amounts = {
  cpu: cpu('Cores: `250m`, `0.5`, `1`.'),
  memory: bytes('Memory: `512Mi`, `1Gi`.'),
}

export const resources = object(
  'What a replica reserves (`cpu`, `memory`) and may use at most (`limits`).',
  { ...amounts, limits: object('At most this; beyond its memory a replica is killed.', amounts) },
  {
    words: {
      requests: 'write `cpu` and `memory` directly in `resources`',
      reservations: 'write `cpu` and `memory` directly in `resources`',
    },
  },
)

export const process = object(
  'How this runs without containers: on the `process` target, in `up` and `dev` alike.',
  {
    run: required(
      forms('A command line for the shell, or a list of arguments.', {
        scalar: text('A line for the shell.'),
        list: argv,
      }),
    ),
    cwd: path('Folder to run in. Absent: the context of the image, else the folder of the stack file.'),
    inputs: list(
      'Files that make it another program when they change. Absent: the context of the image, else `cwd`.',
      path('A path or glob.'),
      {
        mayBeSingle: true,
      },
    ),
    env: { ...environment, doc: 'Variables for this target only, over those of the service.' },
  },
  {
    short: { scalar: 'run', list: 'run' },
    words: {
      command: 'write `run`',
      working_dir: 'write `cwd`',
      dir: 'write `cwd`',
      environment: 'write `env`',
    },
  },
)

export const user = string('User id or name to run as.', { examples: [1000] })
export const group = string('Group id or name to run as; also owns what is mounted.', { examples: [1000] })
export const readOnlyRoot = boolean('Refuse writes to the file system of the image.', { default: false })
export const workingDir = string('Working directory inside the container. Absent: that of the image.')
export const timeout = duration('How long it may take.', { default: defaults.job.timeout })
export const texts = (doc: string) =>
  map(doc, anyKey, string('A text; numbers and booleans as they are written.'))

export const kubernetesPatch = object(
  'What Kubernetes alone knows: annotations, and a patch of the generated objects.',
  {
    annotations: texts('Annotations of the generated objects; values are always texts.'),
    labels: texts('Labels of the generated objects.'),
    patch: anyMap('Merged over the generated objects, keyed by their kind (`Deployment`, `Service` …).'),
  },
)

export const composePatch = object('What the engine alone knows.', {
  patch: anyMap('Merged over the container as the Engine API takes it (`HostConfig`, …).'),
})

export const initStep = object('A step that runs to its end before the replica starts.', {
  name: required(name('Name of the step, unique in its service.')),
  image: { ...image, doc: 'Absent: the image of the service.' },
  entrypoint,
  command,
  env: { ...environment, doc: 'Variables over those of the service.' },
  process,
  timeout: duration('How long it may take.', { default: defaults.init.timeout }),
})

export const retries = integer('How often a failed run is repeated.', {
  min: 0,
  max: 100,
  default: defaults.job.retries,
})
