import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { preflight } from '../clusters/preflight.ts'
import { openFolderMemory } from '../memory/folder.ts'
import { StepError } from '../plan/step-error.ts'
import { CommandError, run } from '../platform/run.ts'
import { engineOf } from '../session/engine.ts'
import { clusterOf } from '../session/place.ts'
import { observed } from './stack.ts'
import { ok, problem, warning, type Observation } from './finding.ts'
import type { Subject } from './subject.ts'

/** Clusters that we make are made by the `kind` program. */
export async function checkKind({ target }: Subject): Promise<Observation[]> {
  if (target.name !== 'kind') return []
  try {
    const { exitCode, stdout } = await run(['kind', 'version'], { cwd: '.' })
    return exitCode === 0
      ? [ok(stdout.trim())]
      : [problem('kind version fails', 'install kind anew: kind.sigs.k8s.io')]
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    return [problem('there is no kind on PATH', 'install it: kind.sigs.k8s.io/docs/user/quick-start')]
  }
}

/** Without these, packets of pods do not reach one another (kubernetes.io/docs/setup/production-environment/container-runtimes). */
const kernel = ['net.ipv4.ip_forward', 'net.bridge.bridge-nf-call-iptables']

export async function checkForwarding({ target, platform, kernelSettings }: Subject): Promise<Observation[]> {
  if (target.name !== 'kind' || platform !== 'linux') return []
  const found = await Promise.all(
    kernel.map(async (setting): Promise<Observation[]> => {
      const text = await readFile(join(kernelSettings, ...setting.split('.')), 'utf8').catch(() => undefined)
      // A kernel without bridges' filter does not show its setting, and then nothing is filtered.
      if (text === undefined) return []
      return text.trim() === '1'
        ? [ok(`${setting} is 1`)]
        : [
            warning(
              `${setting} is ${text.trim()}: pods may not reach one another`,
              `sudo sysctl -w ${setting}=1`,
            ),
          ]
    }),
  )
  return found.flat()
}

/** Whether the cluster is there and takes pods (S62, S156). One that `up` makes may be missing. */
export async function checkCluster(subject: Subject): Promise<Observation[]> {
  const { stack, env, platform, home } = subject
  if (stack.kind !== 'valid') return []
  const { name, root, instance } = stack.stack
  const local = openFolderMemory({ stackName: name, root, instance, env, platform, home })
  const signal = AbortSignal.timeout(patience)
  try {
    const cluster = await clusterOf({
      stack: stack.stack,
      local,
      env,
      engine: () => engineOf({ env, memory: local, withoutEngine: false }),
    })
    if (!cluster) return []
    // Where its own settings are wrong there is nothing to reach.
    const mistakes = cluster.check(stack.stack).filter(({ severity }) => severity === 'error')
    if (mistakes.length > 0) return mistakes.map(observed)
    const client = await cluster.open(signal)
    if (!client) return [ok('the cluster is not there yet; up makes it')]
    const { text } = await client.version()
    const volumes = [...stack.stack.volumes.values()]
    const { error, warnings } = await preflight(
      client,
      {
        claimsWithoutClass: volumes.filter((each) => each.class === undefined).map((each) => each.name),
        classes: volumes.flatMap((each) => each.class ?? []),
        access: [],
        runsPods: true,
      },
      signal,
    )
    client.close()
    await cluster.close()
    return [
      ...(error ? [problemOf(error)] : [ok(`context ${client.context.context}: Kubernetes ${text}`)]),
      ...warnings.map((each) => warning(each, 'see docs/kubernetes-target.md')),
    ]
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    return [problemOf(error)]
  }
}

/** Milliseconds; a server that does not answer is told about after five. */
const patience = 20_000

function problemOf({ message, evidence, hint }: StepError): Observation {
  return problem([message, ...evidence].join('; '), hint)
}
