import { anyMap, forms, list, map, object, required } from '../schema/build.ts'
import { boolean, integer, number, oneOf, port, string } from '../schema/scalars.ts'
import { defaults } from './defaults.ts'
import { account, cidr, host, imageReference, name, names, path, portRange } from './names.ts'

/** The blocks of a profile that say where things run. */

const amount = (doc: string) => number(doc, { min: 0 })

export const cost = object(
  'Prices for `iamstack cost`; nothing is looked up.',
  {
    'cpu-hour': amount('One core for an hour.'),
    'memory-gib-hour': amount('One GiB of memory for an hour.'),
    'cluster-hour': amount('The control plane for an hour.'),
    'node-hour': amount('One node for an hour.'),
    'load-balancer-hour': amount('One load balancer for an hour.'),
    'volume-gib-month': amount('One GiB of volume for a month.'),
    'nat-hour': amount('One NAT gateway for an hour.'),
    'idle-address-hour': amount('One address that nobody uses, for an hour.'),
    currency: string('Currency of all of them.', { default: defaults.currency }),
    dated: string('Day on which they were looked up.', { examples: ['2026-01-31'] }),
  },
  { examples: [{ 'cluster-hour': 0.1, 'node-hour': 0.0456 }] },
)

export const compose = object('The `compose` target.', {
  gateway: object('The container that owns the host ports of routes and replicated services.', {
    image: imageReference('HAProxy image.', { default: defaults.gateway.image }),
    port: port('Port of the routes on this machine.', { default: defaults.gateway.port }),
  }),
})

export const dockerDesktop = object('The `docker-desktop` target.', {
  context: string('Context in the kubeconfig.', { default: 'docker-desktop' }),
})

export const kubernetes = object(
  'An existing cluster: the `kubernetes` target, and what any cluster can do.',
  {
    context: string('Context in the kubeconfig.'),
    server: string('Address of the API server; a context that leads elsewhere is refused.'),
    kubeconfig: path('Kubeconfig. Absent: KUBECONFIG, else ~/.kube/config.'),
    capabilities: object('What the cluster can do, where that cannot be found out.', {
      'load-balancer': boolean('It serves `type: LoadBalancer`.'),
      'storage-class': string('StorageClass for volumes.'),
      ingress: string('IngressClass for routes.'),
    }),
  },
)

export const kind = object('The `kind` target: a cluster in containers, made when it is missing.', {
  cluster: name('Name of the cluster. Absent: that of the stack.'),
  nodes: integer('How many nodes.', { min: 1, max: 20, default: 1 }),
  version: string('Version of Kubernetes.', { examples: ['1.34'] }),
  image: imageReference('Node image; wins over `version`.'),
  ports: list(
    'Ports of this machine that lead to the first node.',
    object(
      'One port.',
      {
        host: required(port('Port of this machine.')),
        node: port('Port of the node. Absent: the same.'),
        protocol: oneOf(['tcp', 'udp'], 'Transport.', { default: defaults.protocol }),
      },
      { short: { scalar: 'host' } },
    ),
  ),
  networking: object('Addresses inside.', {
    'pod-subnet': cidr('Addresses of pods.'),
    'service-subnet': cidr('Addresses of services.'),
    'node-port-range': portRange('Ports for `expose: node`.'),
  }),
  registry: forms('A registry on this machine that the nodes can pull from.', {
    scalar: boolean('`false` for none: images are then loaded into the nodes.'),
    map: object('An existing registry.', { host: required(host('Its address from here.')) }),
  }),
  config: forms('A kind configuration that ours is merged into.', {
    scalar: path('A file.'),
    map: anyMap('The configuration itself.'),
  }),
})

const workers = object(
  'One group of nodes.',
  {
    type: required(string('Instance type.', { examples: ['t3.medium'] })),
    min: integer('Fewest nodes.', { min: 0 }),
    desired: integer('Nodes at first.', { min: 0 }),
    max: integer('Most nodes.', { min: 1 }),
    disk: integer('Root volume in GiB.', { min: 8 }),
    arch: oneOf(['amd64', 'arm64'], 'Processor. Absent: that of the instance type.'),
    spot: boolean('Spot instances.', { default: false }),
    labels: map('Labels of the nodes.', { expected: 'a label' }, string('A value.')),
  },
  {
    words: {
      instanceType: 'write `type`',
      minSize: 'write `min`',
      maxSize: 'write `max`',
      desiredCapacity: 'write `desired`',
    },
  },
)

export const eks = object(
  'The `eks` target: a cluster on AWS, made by CloudFormation stacks that carry our tags.',
  {
    region: required(string('AWS region.', { examples: ['eu-west-1'] })),
    account: account('Account that must be the current one; another is refused before anything happens.'),
    profile: string('Profile of the AWS configuration.'),
    version: string('Version of Kubernetes.', { examples: ['1.33'] }),
    cluster: name('Name of the cluster. Absent: that of the stack.'),
    network: object(
      'The network: a new one, or what exists.',
      {
        create: cidr('Addresses of a new VPC.'),
        vpc: string('An existing VPC.'),
        subnets: list('Its subnets.', string('A subnet.')),
        nat: boolean('Nodes in private subnets, with a NAT gateway (which costs).', { default: false }),
      },
      {
        exclusive: [
          { members: { create: ['nat'], vpc: ['subnets'] }, needs: { vpc: 'subnets' }, isRequired: true },
        ],
      },
    ),
    nodes: map('Groups of nodes.', names, workers),
    endpoint: object('Who reaches the API server.', {
      'public-cidrs': list('Addresses allowed from outside.', cidr('A range.'), { mayBeSingle: true }),
      private: boolean('Reachable inside the VPC too.', { default: true }),
    }),
    storage: object('Volumes.', { default: string('Type of the default StorageClass.', { default: 'gp3' }) }),
    admins: list('ARNs of roles and users that administer the cluster.', string('An ARN.')),
    cost,
  },
  {
    words: {
      vpc: 'write `network: { vpc: …, subnets: […] }`',
      nodeGroups: 'write `nodes`',
      managedNodeGroups: 'write `nodes`',
    },
  },
)

export const cloudStack = object(
  'A CloudFormation stack of your own; its outputs are `${stack.NAME.OUTPUT}`.',
  {
    template: required(path('The template.')),
    parameters: map(
      'Parameters; may refer to variables and outputs of other stacks.',
      { expected: 'a parameter' },
      string('A value.'),
    ),
    capabilities: list('Capabilities to acknowledge.', string('CAPABILITY_IAM, …')),
    region: string('Region. Absent: that of the cluster.'),
  },
)
