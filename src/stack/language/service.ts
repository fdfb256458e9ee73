import type { ScalarNode, SourceNode } from '../node.ts'
import { anyMap, anything, forms, list, map, object, required } from '../schema/build.ts'
import { boolean, duration, integer, oneOf, percent, port, string, text } from '../schema/scalars.ts'
import type { Infer } from '../schema/types.ts'
import { defaults } from './defaults.ts'
import { health } from './health.ts'
import {
  anyKey,
  exposure,
  name,
  path,
  portNames,
  reloadAction,
  restartAction,
  schedule,
  signal,
} from './names.ts'
import { serviceWords } from './words.ts'
import * as workload from './workload.ts'

const ports = map(
  'The ports the program listens on, by name.',
  portNames,
  object(
    'One port.',
    {
      port: required(port('Number inside the container.', { cure: publishedCure })),
      protocol: oneOf(['tcp', 'udp'], 'Transport.', { default: defaults.protocol }),
    },
    {
      short: { scalar: 'port' },
      words: {
        targetPort: 'write `port`',
        containerPort: 'write `port`',
        published: 'publish it with `expose: { NAME: local:8000 }` in the service',
      },
    },
  ),
  { cure: portsCure, examples: [{ http: 8000, metrics: { port: 9100, protocol: 'tcp' } }] },
)

/** Compose writes `"8080:80"`; say the same in our words, with its own numbers. */
function portsCure(node: SourceNode): string | undefined {
  const first = node.kind === 'list' ? node.items[0] : node
  const match = /^(?:[\d.]+\.\d+:)?(?:(\d+):)?(\d+)(?:\/(?:tcp|udp))?$/.exec(
    first?.kind === 'scalar' ? first.text : '',
  )
  if (!match) return node.kind === 'list' ? 'name each port: `ports: { http: 80 }`' : undefined
  const [, published, inner = ''] = match
  const expose =
    published === undefined ? '' : `, and publish it with \`expose: { http: local:${published} }\``
  return `name each port: \`ports: { http: ${inner} }\`${expose}`
}

function publishedCure(node: SourceNode): string | undefined {
  const [, published, inner] = /^(\d+):(\d+)$/.exec(node.kind === 'scalar' ? node.text : '') ?? []
  return published === undefined || inner === undefined
    ? undefined
    : `here is the port inside: ${inner}; publish it with \`expose: { NAME: local:${published} }\``
}

const expose = map(
  'From where each port can be reached.',
  portNames,
  exposure(
    '`internal`: from the other services. `local`: from this machine. `node`, `load-balancer`: from outside. A host or path makes a route.',
    {
      default: defaults.expose,
    },
  ),
  {
    cure: (node) => (node.kind === 'map' ? undefined : 'say which port: `expose: { http: local:8000 }`'),
    examples: [{ http: 'local:8000' }],
  },
)

const scale = object('Grow and shrink by load; `replicas` is then left to it.', {
  min: required(integer('Fewest replicas.', { min: 1 })),
  max: required(integer('Most replicas.', { min: 1 })),
  cpu: percent('Average use of the reserved CPU to aim at.'),
  memory: percent('Average use of the reserved memory to aim at.'),
})

const update = object(
  'How a new version takes over.',
  {
    strategy: oneOf(
      ['rolling', 'recreate'],
      '`rolling` starts new replicas before it ends old ones; `recreate` the other way round.',
      {
        default: defaults.update.strategy,
      },
    ),
    surge: integer('Replicas beyond the wanted number meanwhile.', {
      min: 0,
      default: defaults.update.surge,
    }),
    unavailable: integer('Replicas that may be missing meanwhile.', {
      min: 0,
      default: defaults.update.unavailable,
    }),
    timeout: duration('When an update that does not progress has failed.', {
      default: defaults.update.timeout,
    }),
  },
  {
    short: { scalar: 'strategy' },
    words: { maxSurge: 'write `surge`', maxUnavailable: 'write `unavailable`', type: 'write `strategy`' },
  },
)

const stop = object('How a replica ends.', {
  signal: signal('Asks it to end. Absent: that of the image, else SIGTERM.'),
  grace: duration('How long it may take before it is killed.', { default: defaults.stop.grace }),
  pre: { ...workload.argv, doc: 'Command inside the container before the signal.' },
})

const dev = object('What `iamstack dev` does on a change.', {
  sync: forms(
    'Files that are copied into the running container instead of a build. `infer` derives them from the Dockerfile.',
    {
      scalar: oneOf(['infer', 'off'], '`infer` or `off`.', { default: defaults.dev.sync }),
      list: list(
        'Pairs written by hand.',
        object('One pair.', {
          from: required(path('File or folder here.')),
          to: required(string('Where it lies in the container.')),
        }),
      ),
    },
  ),
  exec: list(
    'Commands in the container after certain files were copied.',
    object('One command.', {
      on: required(path('File or glob.')),
      run: required(string('A line for the shell in the container.')),
    }),
  ),
  restart: restartAction(
    'What makes the program notice: `none` (it reloads itself), `signal:SIGHUP`, `process` or `container`.',
    {
      default: defaults.dev.restart,
    },
  ),
  debug: port('Port of a debugger, forwarded while `dev` runs.'),
})

const external = object(
  'The service lives elsewhere; nothing is started for it. Wins over `image`, `mounts` and `health`.',
  {
    host: required(text('Where it is reached from inside the target.')),
    ports: map(
      'Ports there, by the names used here. Absent: those under `ports`.',
      portNames,
      text('A port.'),
    ),
  },
  { short: { scalar: 'host' } },
)

const placement = object('On which nodes of a cluster.', {
  'node-selector': map('Labels a node must have.', anyKey, string('A value.')),
  tolerations: anything('As Kubernetes takes them.'),
  affinity: anything('As Kubernetes takes it.'),
})

const restartCure = ({ kind, ...node }: SourceNode): string | undefined => {
  if (kind !== 'scalar') return undefined
  const word = (node as ScalarNode).text.toLowerCase()
  const ours = {
    'unless-stopped': 'always',
    onfailure: 'on-failure',
    never: 'no',
    false: '"no"',
    true: 'always',
  }[word]
  return ours === undefined ? undefined : `write \`${ours}\``
}

export const service = object(
  'A program that keeps running, on every target.',
  {
    external,
    image: workload.image,
    entrypoint: workload.entrypoint,
    command: workload.command,
    'working-dir': workload.workingDir,
    tty: boolean('Give it a terminal.', { default: false }),
    hostname: string('Host name inside. Absent: chosen by the target.'),
    env: workload.environment,
    'env-from': workload.environmentFrom,
    ports,
    expose,
    mounts: workload.mounts,
    init: list('Steps that run to their end, in this order, before each replica starts.', workload.initStep),
    needs: workload.needs,
    health,
    workload: oneOf(
      ['deployment', 'stateful', 'daemon', 'cron'],
      '`cron` runs by `schedule`; `stateful` keeps names and volumes per replica; `daemon` is one per node.',
      {
        default: defaults.workload,
      },
    ),
    schedule: schedule('When `workload: cron` runs.', { examples: ['*/5 * * * *'] }),
    singleton: boolean('Never two at the same time: scaling is refused, updates stop the old one first.', {
      default: false,
    }),
    replicas: integer('How many.', { min: 0, max: 10_000, default: defaults.replicas }),
    scale,
    resources: workload.resources,
    user: workload.user,
    group: workload.group,
    'fs-group': integer('Group that owns mounted volumes.', { min: 0 }),
    'read-only-root': workload.readOnlyRoot,
    capabilities: object('Linux capabilities beyond or below the usual ones.', {
      add: list('Added.', string('A capability such as NET_ADMIN.'), { mayBeSingle: true }),
      drop: list('Taken away.', string('A capability, or ALL.'), { mayBeSingle: true }),
    }),
    privileged: boolean('All rights of the host. Almost never needed.', { default: false }),
    spread: oneOf(['node', 'zone', 'none'], 'What replicas are spread over.', { default: defaults.spread }),
    placement,
    update,
    stop,
    restart: oneOf(['always', 'on-failure', 'no'], 'What follows when the program ends.', {
      default: defaults.restart,
      cure: restartCure,
    }),
    reload: reloadAction('What a changed config or secret does to running replicas.', {
      default: defaults.reload,
    }),
    pod: name(
      'Services with the same pod share one network and scratch mounts. Its owner is the member of that name, else the first.',
    ),
    headless: boolean(
      'The name resolves to the replicas themselves. Default: true for a stateful singleton.',
    ),
    labels: workload.texts('Labels of the containers or objects.'),
    annotations: workload.texts('Annotations of the objects.'),
    'service-account': string('Service account to run as; made when `rules` are given.'),
    rules: list(
      'Rights in the cluster, as rules of an RBAC Role.',
      anyMap('One rule: apiGroups, resources, verbs.'),
    ),
    optional: boolean('Not started by a plain `up`; named explicitly or needed by another.', {
      default: false,
    }),
    process: workload.process,
    dev,
    kubernetes: workload.kubernetesPatch,
    compose: workload.composePatch,
  },
  {
    words: serviceWords,
    exclusive: [
      // External wins; the group exists so that a profile's `image` replaces an `external` of the stack and the other way round.
      { members: { image: [], external: [] }, mayCoexist: true },
    ],
  },
)

export type ServiceFile = Infer<typeof service>
