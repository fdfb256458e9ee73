import type { SourceNode } from '../node.ts'
import { anyMap, forms, list, map, object, required } from '../schema/build.ts'
import { integer, string, text } from '../schema/scalars.ts'
import type { Infer } from '../schema/types.ts'
import { cert, config, route, secret, volume } from './data.ts'
import { imageBuild, isolation, registry } from './image.ts'
import { job } from './job.ts'
import { anyKey, name, names, path, variableNames, versionRange } from './names.ts'
import { service } from './service.ts'
import { smoke } from './smoke.ts'
import { stackWords } from './words.ts'

/** The version of the language that this program writes; older files are read, and migrated by `iamstack fix`. */
const schemaVersion = 1

const variable = object(
  'A variable. Short form: its default. One without default must be given from outside.',
  {
    default: text('Value where nothing else sets it; may refer to other variables.'),
    'one-of': list('The only values allowed.', string('A value.')),
    doc: string('What it is for; shown by `iamstack vars`.'),
  },
  {
    short: { scalar: 'default' },
    words: { value: 'write `default`', enum: 'write `one-of`', description: 'write `doc`' },
  },
)

const chart = object(
  'A third-party chart, installed with helm.',
  {
    repo: string('Address of a chart repository; `chart` names the chart in it.'),
    path: path('A chart on this machine.'),
    oci: string('A chart in an OCI registry.', {
      examples: ['oci://registry-1.docker.io/bitnamicharts/redis'],
    }),
    chart: string('Name of the chart in `repo`. Absent: the name of this entry.'),
    version: string('Version of the chart.'),
    values: forms('Values: files, or written here.', {
      scalar: path('A file.'),
      list: list('Files; later ones win.', path('A file.')),
      map: anyMap('Values.'),
    }),
    set: map('Single values, with the path grammar of helm.', anyKey, string('A value.')),
  },
  { exclusive: [{ members: { repo: ['chart'], path: [], oci: [] }, isRequired: true }] },
)

const listCure =
  (key: string) =>
  (node: SourceNode): string | undefined =>
    node.kind === 'list' ? `write a map keyed by name: \`${key}: { NAME: … }\`` : undefined

/** What a stack file declares and a profile may refine. */
export const contents = {
  images: map('Images that are built here.', names, imageBuild, { cure: listCure('images') }),
  services: map('Programs that keep running.', names, service, { cure: listCure('services') }),
  jobs: map('Programs that run to their end.', names, job, { cure: listCure('jobs') }),
  volumes: map('Data that outlives its services.', names, volume, { cure: listCure('volumes') }),
  configs: map('Files for services.', names, config, { cure: listCure('configs') }),
  secrets: map('Secrets: only their names and where the values come from.', names, secret, {
    cure: listCure('secrets'),
  }),
  certs: map('Certificates.', names, cert, { cure: listCure('certs') }),
  routes: map('Ways in for HTTP.', names, route, { cure: listCure('routes') }),
  smoke: map('Checks of the running stack, in this order.', names, smoke, { cure: listCure('smoke') }),
  registries: map('Registries that images are pushed to and pulled from.', names, registry),
  manifests: list(
    'Raw Kubernetes input: files, kustomize folders; owned, ordered and pruned like all the rest.',
    path('A path or glob.'),
    {
      mayBeSingle: true,
    },
  ),
  charts: map('Third-party charts.', names, chart),
  isolation,
  notes: text('Printed at the end of `up`; may refer to URLs.'),
}

/** What stands at the head of a stack file. */
export const head = {
  $schema: string('Address of the JSON Schema, for editors.'),
  version: integer('Version of this language.', {
    min: 1,
    max: schemaVersion,
    default: schemaVersion,
    cure: (node) =>
      node.kind === 'scalar' && Number(node.text) > schemaVersion
        ? 'the file is for a newer iamstack: update it'
        : undefined,
  }),
  name: required(name('Name of the stack: project, namespace and prefix of all that it makes.')),
  requires: map('Tools and their versions that `doctor` demands.', anyKey, versionRange('A version range.'), {
    examples: [{ iamstack: '>=0.1', docker: '>=20.10' }],
  }),
  include: list('Further stack files; their paths resolve beside them.', path('A file.'), {
    mayBeSingle: true,
  }),
  roots: list('Folders beside that of this file in which paths may lie.', path('A folder.'), {
    mayBeSingle: true,
  }),
  vars: map(
    'Variables. Precedence: `--var`, environment, `.env`, local overlay, profile, default.',
    variableNames,
    variable,
  ),
}

export const stackSchema = object(
  'A stack: one application, described once for every target.',
  { ...head, ...contents },
  { words: stackWords },
)

export type StackFile = Infer<typeof stackSchema>
