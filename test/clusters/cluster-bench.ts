import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { Cluster } from '../../src/clusters/cluster.ts'
import type { ClusterOptions } from '../../src/clusters/options.ts'
import type { Run } from '../../src/drivers/driver.ts'
import { formatPlan } from '../../src/plan/format.ts'
import { plan } from '../../src/plan/plan.ts'
import type { Removal } from '../../src/plan/removals.ts'
import type { Step } from '../../src/plan/step.ts'
import { openEngine, type Engine } from '../../src/platform/engine/engine.ts'
import { findEngine } from '../../src/platform/engine/find.ts'
import { run as runCommand } from '../../src/platform/run.ts'
import { resolvedStack } from '../resolve/stack.ts'

export const nodeImage = process.env['IAMSTACK_LAB_KIND_IMAGE'] ?? 'kindest/node:v1.34.4'

/** A user with a kubeconfig of his own that leads elsewhere, and names that nobody else has. */
export async function clusterBench() {
  const name = `ist-${randomBytes(3).toString('hex')}`
  const folder = await mkdtemp(join(tmpdir(), `${name}-`))
  const kubeconfig = join(folder, 'user-kubeconfig')
  await writeFile(kubeconfig, foreignKubeconfig)
  const checksum = async () =>
    createHash('sha256')
      .update(await readFile(kubeconfig))
      .digest('hex')
  const before = await checksum()
  const stateFolder = join(folder, 'state')
  await mkdir(stateFolder, { mode: 0o700 })
  const lookup = await findEngine(process.env)
  if (lookup.kind === 'absent') throw new Error(lookup.why)
  const engine: Engine = openEngine(lookup.endpoint)
  const clusters: Cluster[] = []
  const undo: (() => Promise<unknown>)[] = []
  afterAll(async () => {
    for (const each of undo.reverse()) await each()
    for (const cluster of clusters) await cluster.close()
    engine.close()
    await rm(folder, { recursive: true, force: true })
  })
  return {
    name,
    folder,
    stateFolder,
    engine,
    /** The options of a cluster for the text of a stack and that of a profile, which may hold NAME. */
    options: async (text: string, profile: string): Promise<ClusterOptions> => ({
      stack: await resolvedStack(text.replaceAll('NAME', name), {
        profile: 'here',
        files: { 'profiles/here.yaml': profile.replaceAll('NAME', name) },
      }),
      env: { ...process.env, KUBECONFIG: kubeconfig },
      stateFolder,
      engine: () => Promise.resolve(engine),
    }),
    /** A cluster that is closed when the file's tests are over. */
    keep: (cluster: Cluster): Cluster => {
      clusters.push(cluster)
      return cluster
    },
    afterwards: (action: () => Promise<unknown>) => undo.push(action),
    isKubeconfigUntouched: async () => (await checksum()) === before,
  }
}

export const signal = (): AbortSignal => AbortSignal.timeout(240_000)

/** A run whose progress is kept. */
export function recordingRun(): Run & { readonly lines: string[] } {
  const lines: string[] = []
  return {
    lines,
    signal: signal(),
    emit: () => undefined,
    progress: (_resource, text) => {
      if (lines.at(-1) !== text) lines.push(text)
    },
  }
}

/** `down` with the cluster. */
export const withCluster: Removal = {
  volumes: 'none',
  keepVolumes: new Set(),
  images: false,
  namespaces: false,
  clusters: 'with-contents',
  needs: new Map(),
  cause: 'down',
}

/** What would be done to the cluster alone. */
export async function stepsFor(cluster: Cluster, removal?: Removal) {
  const desired = removal ? [] : cluster.desired()
  const planned = plan({ desired, observed: await cluster.observe(signal()), ...(removal && { removal }) })
  return { steps: planned.steps, text: formatPlan(planned) }
}

/** Carries out what the plan says, as the executor would, and gives the plan and what was told meanwhile. */
export async function carryOut(cluster: Cluster, removal?: Removal) {
  const { steps, text } = await stepsFor(cluster, removal)
  const run = recordingRun()
  for (const step of steps) {
    if (step.op === 'sync') throw new TypeError('nothing is synced into a cluster')
    await cluster.apply(step, run)
    if (isMaking(step)) await cluster.ready(step.wanted, run)
  }
  return { text, lines: run.lines }
}

function isMaking(step: Step): step is Extract<Step, { wanted: unknown }> {
  return 'wanted' in step
}

/** Output of a command; an error with its words when it fails. */
export async function output(...argv: [string, ...string[]]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(argv)
  if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${stderr}${stdout}`)
  return stdout
}

const foreignKubeconfig = `apiVersion: v1
kind: Config
current-context: production
contexts: [{ name: production, context: { cluster: production, user: me } }]
clusters: [{ name: production, cluster: { server: 'https://production.example.com' } }]
users: [{ name: me, user: { token: not-for-you } }]
`
