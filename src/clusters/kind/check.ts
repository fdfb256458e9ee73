import { errorAt, type Diagnostic } from '../../stack/diagnostics.ts'
import { fieldsOf, listOf, type KindSettings } from '../settings.ts'
import { overlaps } from '../subnets.ts'

/** Contradictions in the block `kind`. */
export function kindFindings(settings: KindSettings): Diagnostic[] {
  return [
    ...versionFindings(settings),
    ...portFindings(settings),
    ...networkFindings(settings),
    ...configFindings(settings),
  ]
}

function versionFindings({ version, from }: KindSettings): Diagnostic[] {
  if (version === undefined || minorOf(version) !== undefined) return []
  return [
    errorAt('kind/version', `${version} is no version of Kubernetes`, from, 'like 1.34 or 1.34.4, in quotes'),
  ]
}

/** `1.34` of `1.34.4`; undefined for what is no version. */
export function minorOf(version: string): string | undefined {
  return /^(1\.\d+)(\.\d+)?$/.exec(version)?.[1]
}

function portFindings({ ports, from }: KindSettings): Diagnostic[] {
  return ports.flatMap((port, index) => {
    const isTaken = ports
      .slice(0, index)
      .some((each) => each.host === port.host && each.protocol === port.protocol)
    return isTaken
      ? [
          errorAt(
            'kind/port-twice',
            `the ${port.protocol} port ${port.host} of this machine leads to two ports of the node`,
            from,
          ),
        ]
      : []
  })
}

function networkFindings({ podSubnet, serviceSubnet, nodePortRange, from }: KindSettings): Diagnostic[] {
  const findings: Diagnostic[] = []
  if (podSubnet !== undefined && serviceSubnet !== undefined && overlaps(podSubnet, serviceSubnet)) {
    findings.push(
      errorAt(
        'kind/subnets-overlap',
        `pods (${podSubnet}) and services (${serviceSubnet}) would share addresses`,
        from,
      ),
    )
  }
  if (
    nodePortRange &&
    (nodePortRange[0] > nodePortRange[1] || nodePortRange[0] < 1 || nodePortRange[1] > 65_535)
  ) {
    findings.push(
      errorAt(
        'kind/node-port-range',
        `${nodePortRange.join('-')} is no range of ports`,
        from,
        'the lower port first, both from 1 to 65535: 30000-32767',
      ),
    )
  }
  return findings
}

function configFindings({ config, nodes, from }: KindSettings): Diagnostic[] {
  const written = config?.kind === 'given' ? listOf(fieldsOf(config.value)['nodes']) : []
  if (nodes === undefined || written.length === 0) return []
  return [
    errorAt(
      'kind/nodes-twice',
      'nodes are listed in config and counted in nodes: one of them too many',
      from,
    ),
  ]
}
