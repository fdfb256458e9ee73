import type { Yaml } from '../../../drivers/yaml-text.ts'
import { cidrText, parseCidr, quarters } from '../addresses.ts'
import type { EksNetwork, EksSettings } from '../settings.ts'
import { attribute, exported, ref, template, type Template, type TemplateResource } from './document.ts'
import { stackName, tagList } from './names.ts'

const zones = ['A', 'B'] as const
type Zone = (typeof zones)[number]
type MadeNetwork = Extract<EksNetwork, { kind: 'made' }>

/**
 * A VPC with a public subnet in each of two zones, as EKS wants at least. With NAT, nodes live in two private subnets, which reach
 * the internet through one gateway. The range is always cut in four, so that NAT can be turned on later and nothing moves.
 */
export function networkTemplate(settings: EksSettings, network: MadeNetwork): Template {
  const name = stackName(settings, 'network')
  const privateSubnets = zones.map((zone) => ref(`PrivateSubnet${zone}`))
  const publicSubnets = zones.map((zone) => ref(`PublicSubnet${zone}`))
  return template(`Network of the EKS cluster ${settings.cluster}`, {
    Resources: {
      ...vpcResources(settings, network),
      ...zones.map((zone, index) => publicSubnet(settings, network, zone, index)).reduce(merged),
      ...(network.hasNat && natResources(settings)),
      ...(network.hasNat &&
        zones.map((zone, index) => privateSubnet(settings, network, zone, index)).reduce(merged)),
    },
    Outputs: {
      ClusterSubnets: exported(
        name,
        'ClusterSubnets',
        joined([...publicSubnets, ...(network.hasNat ? privateSubnets : [])]),
      ),
      NodeSubnets: exported(name, 'NodeSubnets', joined(network.hasNat ? privateSubnets : publicSubnets)),
      Vpc: { Value: ref('Vpc') },
    },
  })
}

type Resources = Readonly<Record<string, TemplateResource>>

function merged(one: Resources, other: Resources): Resources {
  return { ...one, ...other }
}

/** Outputs are texts: whoever imports a list splits it again. */
function joined(values: readonly Yaml[]): Yaml {
  return { 'Fn::Join': [',', values] }
}

function vpcResources(settings: EksSettings, { cidr }: MadeNetwork): Resources {
  const tags = tagList(settings, 'network', { Name: settings.cluster })
  return {
    Vpc: {
      Type: 'AWS::EC2::VPC',
      // Nodes find the private address of the API server by name.
      Properties: { CidrBlock: cidr, EnableDnsHostnames: true, EnableDnsSupport: true, Tags: tags },
    },
    InternetGateway: { Type: 'AWS::EC2::InternetGateway', Properties: { Tags: tags } },
    InternetAttachment: {
      Type: 'AWS::EC2::VPCGatewayAttachment',
      Properties: { InternetGatewayId: ref('InternetGateway'), VpcId: ref('Vpc') },
    },
    PublicRoutes: { Type: 'AWS::EC2::RouteTable', Properties: { Tags: tags, VpcId: ref('Vpc') } },
    PublicRoute: {
      Type: 'AWS::EC2::Route',
      DependsOn: ['InternetAttachment'],
      Properties: {
        DestinationCidrBlock: '0.0.0.0/0',
        GatewayId: ref('InternetGateway'),
        RouteTableId: ref('PublicRoutes'),
      },
    },
  }
}

function publicSubnet(settings: EksSettings, network: MadeNetwork, zone: Zone, index: number): Resources {
  return {
    [`PublicSubnet${zone}`]: subnet(settings, network, `public-${zone.toLowerCase()}`, index, index, {
      'kubernetes.io/role/elb': '1',
    }),
    [`PublicRouting${zone}`]: {
      Type: 'AWS::EC2::SubnetRouteTableAssociation',
      Properties: { RouteTableId: ref('PublicRoutes'), SubnetId: ref(`PublicSubnet${zone}`) },
    },
  }
}

function privateSubnet(settings: EksSettings, network: MadeNetwork, zone: Zone, index: number): Resources {
  return {
    [`PrivateSubnet${zone}`]: subnet(
      settings,
      network,
      `private-${zone.toLowerCase()}`,
      index,
      index + zones.length,
      { 'kubernetes.io/role/internal-elb': '1' },
    ),
    [`PrivateRouting${zone}`]: {
      Type: 'AWS::EC2::SubnetRouteTableAssociation',
      Properties: { RouteTableId: ref('PrivateRoutes'), SubnetId: ref(`PrivateSubnet${zone}`) },
    },
  }
}

/** Load balancers find their subnets by the tags `kubernetes.io/…`. */
function subnet(
  settings: EksSettings,
  { cidr }: MadeNetwork,
  name: string,
  zone: number,
  quarter: number,
  tags: Readonly<Record<string, string>>,
): TemplateResource {
  const range = parseCidr(cidr)
  const part = range && quarters(range)[quarter]
  return {
    Type: 'AWS::EC2::Subnet',
    Properties: {
      AvailabilityZone: { 'Fn::Select': [zone, { 'Fn::GetAZs': '' }] },
      CidrBlock: part ? cidrText(part) : cidr,
      ...(name.startsWith('public') && { MapPublicIpOnLaunch: true }),
      Tags: tagList(settings, 'network', {
        Name: `${settings.cluster}-${name}`,
        [`kubernetes.io/cluster/${settings.cluster}`]: 'shared',
        ...tags,
      }),
      VpcId: ref('Vpc'),
    },
  }
}

/** One gateway for both zones: half the price, and a zone that fails takes the way out of the other with it. */
function natResources(settings: EksSettings): Resources {
  const tags = tagList(settings, 'network', { Name: settings.cluster })
  return {
    NatAddress: {
      Type: 'AWS::EC2::EIP',
      DependsOn: ['InternetAttachment'],
      Properties: { Domain: 'vpc', Tags: tags },
    },
    NatGateway: {
      Type: 'AWS::EC2::NatGateway',
      DependsOn: ['PublicRoute'],
      Properties: {
        AllocationId: attribute('NatAddress', 'AllocationId'),
        SubnetId: ref('PublicSubnetA'),
        Tags: tags,
      },
    },
    PrivateRoutes: { Type: 'AWS::EC2::RouteTable', Properties: { Tags: tags, VpcId: ref('Vpc') } },
    PrivateRoute: {
      Type: 'AWS::EC2::Route',
      Properties: {
        DestinationCidrBlock: '0.0.0.0/0',
        NatGatewayId: ref('NatGateway'),
        RouteTableId: ref('PrivateRoutes'),
      },
    },
  }
}
