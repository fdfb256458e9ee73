import { checkCluster, checkForwarding, checkKind } from './cluster.ts'
import { checkAddressPools, checkApi, checkDisk, checkDockerVersion, checkEngine } from './docker.ts'
import type { CheckId, Finding, Observation } from './finding.ts'
import { checkDockerConfig, checkLogins } from './logins.ts'
import { checkInotify, checkNode, checkStateFolder } from './machine.ts'
import { checkPorts } from './ports.ts'
import { checkPrograms, checkShell } from './programs.ts'
import { checkRequires } from './requires.ts'
import { checkStackFile, checkTarget } from './stack.ts'
import type { Subject } from './subject.ts'

/** Looks at one thing and changes nothing. No observation: it does not concern this target or machine. */
type Check = (subject: Subject) => readonly Observation[] | Promise<readonly Observation[]>

/** In the order in which they are shown. */
const checks: Readonly<Record<CheckId, Check>> = {
  'node/version': checkNode,
  'stack/file': checkStackFile,
  'target/choice': checkTarget,
  'stack/requires': checkRequires,
  'docker/engine': checkEngine,
  'docker/version': checkDockerVersion,
  'docker/api': checkApi,
  'docker/disk': checkDisk,
  'docker/address-pools': checkAddressPools,
  'docker/config': checkDockerConfig,
  'docker/logins': checkLogins,
  'cluster/kind': checkKind,
  'cluster/network': checkForwarding,
  'cluster/access': checkCluster,
  'process/shell': checkShell,
  'process/programs': checkPrograms,
  'ports/free': checkPorts,
  'system/inotify': checkInotify,
  'state/folder': checkStateFolder,
}

export async function runChecks(subject: Subject): Promise<Finding[]> {
  const found = await Promise.all(
    Object.entries(checks).map(async ([check, look]) =>
      (await look(subject)).map((observation): Finding => ({ check: check as CheckId, ...observation })),
    ),
  )
  return found.flat()
}
