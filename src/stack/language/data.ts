import type { SourceNode } from '../node.ts'
import { forms, list, map, object, required } from '../schema/build.ts'
import { boolean, bytes, integer, oneOf, string, text } from '../schema/scalars.ts'
import { defaults } from './defaults.ts'
import { anyKey, fileNames, host, ipAddress, names, path, target } from './names.ts'
import { volumeWords } from './words.ts'

/** What services read and keep: volumes, configs, secrets, certificates; and the routes that lead to them. */

export const volume = object(
  'Data with a life of its own: `down` keeps it. Short form: the size.',
  {
    size: bytes('How much is asked for, where the target measures it.'),
    access: oneOf(['single', 'many'], '`many`: several nodes mount it at the same time.', {
      default: defaults.volume.access,
    }),
    keep: boolean('`down --volumes` keeps it too; only `--volumes=NAME` deletes it.', {
      default: defaults.volume.keep,
    }),
    class: string('StorageClass. Absent: the default of the cluster.'),
    from: string('A backup that a new volume is filled from.'),
  },
  { short: { scalar: 'size' }, words: volumeWords },
)

const pathList = list('Paths or globs.', path('A path or glob.'), { mayBeSingle: true })

export const config = object(
  'Files for services. Several sources add up; a key is the name of a file.',
  {
    template: { ...pathList, doc: 'Files in which `${…}` is substituted.' },
    files: forms('Files or folders as they are; a map gives them names of their own.', {
      scalar: pathList,
      list: pathList,
      map: map('Key → file.', fileNames, path('A file.')),
    }),
    literals: map('Key → text.', fileNames, text('The content.')),
    'env-file': { ...pathList, doc: 'Files of `NAME=value` lines; each name becomes a key.' },
  },
  {
    short: { list: 'files' },
    words: {
      file: 'write `files`',
      content: 'write `literals: { NAME: text }`',
      literal: 'write `literals: { NAME: text }`',
      fromDir: 'write `files: ./folder`',
      env_file: 'write `env-file`',
      templates: 'write `template`',
      data: 'write `literals`',
    },
    cure: (node) =>
      node.kind === 'scalar'
        ? 'write `{ files: … }`, or `{ template: … }` where `${…}` is to be substituted'
        : undefined,
  },
)

const secretCure = (node: SourceNode): string | undefined =>
  node.kind === 'scalar'
    ? 'a stack file holds no secret values: say where it comes from, `{ env: NAME }`, `{ file: … }` or `{ generate: 24 }`'
    : undefined

const secretSource = object(
  'Where the value comes from. Read only by the step that needs it.',
  {
    env: string('An environment variable.'),
    file: path('A file; one line break at its end is dropped.'),
    command: forms('A program that prints it.', {
      scalar: string('A line for the shell.'),
      list: list('Program and arguments.', string('One argument.')),
    }),
    generate: integer('Made once and kept: this many letters and digits.', { min: 8, max: 1024 }),
    prompt: string('Asked for on the terminal once and kept; the question.'),
    store: string('A secret in a cloud store.', { examples: ['aws:todo/db#password'] }),
  },
  {
    exclusive: [
      { members: { env: [], file: [], command: [], generate: [], prompt: [], store: [] }, isRequired: true },
    ],
    cure: secretCure,
    isConfidential: true,
    words: {
      value:
        'a stack file holds no secret values: write `env`, `file`, `command`, `generate`, `prompt` or `store`',
    },
  },
)

export const secret = map('Keys and where their values come from.', fileNames, secretSource, {
  cure: secretCure,
  isConfidential: true,
  examples: [{ password: { generate: 24 }, root: { env: 'DB_ROOT_PASSWORD' } }],
})

const certUsage = oneOf(['server', 'client', 'both'], 'What it is for.', { default: defaults.cert.usage })
const certNames = list('DNS names.', host('A name.'), { mayBeSingle: true })
const certIps = list('IP addresses.', ipAddress('An address.'), { mayBeSingle: true })

export const cert = object(
  'A certificate authority and the certificates it signs. Made once, renewed in time.',
  {
    ca: boolean('Make an authority of its own.', { default: true }),
    'common-name': string('Common name of the only leaf. Absent: the name of the certificate.'),
    names: certNames,
    ip: certIps,
    usage: certUsage,
    days: integer('How long a certificate lives; renewed when a third is left.', {
      min: 1,
      max: 3650,
      default: defaults.cert.days,
    }),
    leaves: map(
      'Several certificates of one authority. Absent: one, named like this entry.',
      names,
      object('One certificate.', {
        'common-name': string('Common name. Absent: the name of the leaf.'),
        names: certNames,
        ip: certIps,
        usage: certUsage,
      }),
    ),
  },
)

export const route = object(
  'A way in for HTTP: a gateway container on compose, an Ingress on Kubernetes.',
  {
    host: host('Host name. Absent: any.'),
    path: string('Path prefix.', { default: defaults.route.path }),
    to: required(target('The service and port behind it.')),
    'body-size': bytes('Largest request body.'),
    headers: map('Headers set on the way to the service.', anyKey, text('A value.')),
  },
  {
    short: { scalar: 'to' },
    words: {
      service: 'write `to: "service:port"`',
      backend: 'write `to: "service:port"`',
      client_max_body_size: 'write `body-size`',
    },
  },
)
