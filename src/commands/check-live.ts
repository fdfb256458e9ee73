import { homedir } from 'node:os'
import type { LiveFinding, LiveLevel } from '../clusters/live-check/finding.ts'
import { openFolderMemory } from '../memory/folder.ts'
import { formatTable } from '../report/table.ts'
import type { Style } from '../report/style.ts'
import { visible } from '../report/words.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { engineOf } from '../session/engine.ts'
import { clusterOf } from '../session/place.ts'
import { errorAt, StackError, type Span } from '../stack/diagnostics.ts'
import type { Surroundings } from './command.ts'

/** `check --live`: what the cluster of the profile is like. StackError at the profile where there is none to look at. */
export async function lookAtCluster(
  stack: ResolvedStack,
  image: string | undefined,
  { env, platform, signal }: Surroundings,
): Promise<readonly LiveFinding[]> {
  const { name, root, instance } = stack
  const home = env['HOME'] ?? homedir()
  const local = openFolderMemory({ stackName: name, root, instance, env: { ...env }, platform, home })
  const cluster = await clusterOf({
    stack,
    local,
    env,
    engine: () => engineOf({ env, memory: local, withoutEngine: false }),
  })
  if (!cluster) throw noCluster(stack)
  const { checkLive } = await import('../clusters/live-check/live-check.ts')
  try {
    return await checkLive(cluster, { stack, image }, signal)
  } finally {
    await cluster.close()
  }
}

function noCluster(stack: ResolvedStack): StackError {
  const { target, names } = stack.profile
  const profile = names.length > 0 ? names.join(',') : target
  return new StackError([
    errorAt(
      'check/no-cluster',
      `--live looks at clusters, and ${target} runs on this machine`,
      placeOfTarget(stack),
      `iamstack doctor --profile ${profile} looks at the machine: engine, ports, programs`,
    ),
  ])
}

/** The last profile that is a file; the stack file where a target alone was named. */
function placeOfTarget({ profile, files, file }: ResolvedStack): Span {
  const written = profile.names.map((name) => files.find((each) => each.endsWith(`/profiles/${name}.yaml`)))
  return { file: written.findLast((each) => each !== undefined) ?? file, line: 1, column: 1, length: 1 }
}

export function formatLive(findings: readonly LiveFinding[], style: Style): string {
  const rows = findings.flatMap(({ check, level, message, cure }) => [
    [sign(level, style), check, visible(message)],
    ...(cure === undefined ? [] : [['', '', `${style.dim('→')} ${visible(cure)}`]]),
  ])
  return formatTable(rows)
}

function sign(level: LiveLevel, style: Style): string {
  switch (level) {
    case 'ok':
      return style.green('✔')
    case 'warning':
      return style.yellow('!')
    case 'problem':
      return style.red('✘')
    case 'unchecked':
      return style.dim('–')
    default:
      return level satisfies never
  }
}
