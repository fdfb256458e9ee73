import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { promisify } from 'node:util'
import type { Cluster } from '../../../src/clusters/cluster.ts'
import { SecretValue } from '../../../src/content/secret-value.ts'
import type { Driver, Run } from '../../../src/drivers/driver.ts'
import { apply } from '../../../src/drivers/kubernetes/apply/apply.ts'
import type { KubeContext } from '../../../src/drivers/kubernetes/context.ts'
import { desiredResources } from '../../../src/drivers/kubernetes/desired/desired.ts'
import { observe } from '../../../src/drivers/kubernetes/observe/observe.ts'
import { ready } from '../../../src/drivers/kubernetes/ready/ready.ts'
import type { KubeResource } from '../../../src/drivers/kubernetes/spec.ts'
import type { Facts } from '../../../src/drivers/facts.ts'
import type { Memory } from '../../../src/memory/memory.ts'
import { createScheduler, type Outcome } from '../../../src/plan/execute.ts'
import { formatPlan } from '../../../src/plan/format.ts'
import { plan, type PlanInput } from '../../../src/plan/plan.ts'
import type { Observed } from '../../../src/plan/resource.ts'
import type { Plan } from '../../../src/plan/step.ts'
import { RegistryCredentials } from '../../../src/platform/engine/registry-credentials.ts'
import type { KubeClient, KubeObject } from '../../../src/platform/kubernetes/client.ts'
import { createKubeClient } from '../../../src/platform/kubernetes/kube-client.ts'
import { kinds } from '../../../src/platform/kubernetes/kinds.ts'
import { loadKubeconfig } from '../../../src/platform/kubernetes/kubeconfig.ts'
import type { ResolvedStack } from '../../../src/resolve/resolved.ts'
import type { Event } from '../../../src/state/events.ts'
import { factsOf, type Given } from '../compose/setup.ts'
import { resolvedStack, type StackOptions } from '../../resolve/stack.ts'
import { clusterOf } from './desired-setup.ts'

/** Where the lab's cluster is; see test/lab. */
const kubeconfig = process.env['IAMSTACK_LAB_KUBECONFIG_DOCKER_DESKTOP']
/** Without CI, suites whose cluster is absent are skipped by name; in CI they fail. */
export const isClusterWanted = kubeconfig !== undefined || (process.env['CI'] ?? '') !== ''

const run = promisify(execFile)

export interface BenchOptions extends StackOptions {
  readonly manifests?: Facts['manifests']
}

type UpInput = Partial<PlanInput> & { readonly wait?: boolean; readonly signal?: AbortSignal }

/** One stack in a namespace of its own on the lab's cluster, as the commands drive it. */
export class ClusterBench {
  readonly project: string
  readonly events: Event[] = []
  readonly memory: Memory = memoryOf(new Map())
  readonly client: KubeClient

  private constructor(client: KubeClient) {
    this.client = client
    this.project = `ist-${randomBytes(4).toString('hex')}`
  }

  static async open(): Promise<ClusterBench> {
    return new ClusterBench(await openClient())
  }

  async context(yaml: string, given: Given = {}, options: BenchOptions = {}): Promise<KubeContext> {
    const stack = await resolvedStack(`name: ${this.project}\n${yaml}`, {
      profile: 'docker-desktop',
      ...options,
    })
    return {
      stack,
      project: stack.project,
      namespace: stack.namespace,
      cluster: clusterValue(this.client),
      client: () => Promise.resolve(this.client),
      memory: this.memory,
      materials: {
        secret: ({ secret, key }) =>
          Promise.resolve(SecretValue.ofText(given.secrets?.[secret]?.[key] ?? '')),
        cert: () => Promise.resolve(new Map([['ca.crt', { bytes: Buffer.from('ca'), isSecret: false }]])),
      },
      credentials: (registry) =>
        Promise.resolve(
          new RegistryCredentials(registry, { kind: 'password', username: 'iam', password: 'iam59!z$' }),
        ),
    }
  }

  desired(stack: ResolvedStack, given: Given = {}, options: BenchOptions = {}): KubeResource[] {
    const facts = { ...factsOf(stack, given), manifests: options.manifests ?? [] }
    return desiredResources(stack, facts, clusterOf('docker-desktop'))
  }

  async plan(yaml: string, given: Given = {}, options: BenchOptions = {}, input: Partial<PlanInput> = {}) {
    const context = await this.context(yaml, given, options)
    const desired = this.desired(context.stack, given, options)
    const observed = await observe(context, AbortSignal.timeout(20_000))
    const made = plan({ desired, observed, ...input })
    return { context, desired, observed, made, text: this.anonymous(formatPlan(made)) }
  }

  async up(
    yaml: string,
    given: Given = {},
    options: BenchOptions = {},
    { wait, signal, ...input }: UpInput = {},
  ) {
    const planned = await this.plan(yaml, given, options, input)
    const outcome = await this.carryOut(planned.context, planned.made, wait ?? true, signal)
    return { ...planned, outcome, failures: this.failuresOf(outcome) }
  }

  async down(yaml: string, volumes: 'none' | 'all' = 'none', namespaces = false, options: BenchOptions = {}) {
    const context = await this.context(yaml, {}, options)
    const observed = await observe(context, AbortSignal.timeout(20_000))
    const made = plan({
      desired: [],
      observed,
      removal: {
        volumes,
        keepVolumes: new Set(),
        images: false,
        namespaces,
        clusters: 'keep',
        needs: new Map(),
        cause: 'asked for',
      },
    })
    const outcome = await this.carryOut(context, made, true)
    return { text: this.anonymous(formatPlan(made)), outcome, failures: this.failuresOf(outcome) }
  }

  async observe(yaml: string, options: BenchOptions = {}): Promise<Observed> {
    return observe(await this.context(yaml, {}, options), AbortSignal.timeout(20_000))
  }

  run(signal = new AbortController().signal): Run {
    return {
      signal,
      emit: (event) => this.events.push(event),
      progress: (resource, text) =>
        this.events.push({ type: 'step.progressed', at: Date.now(), resource, text }),
    }
  }

  private async carryOut(
    context: KubeContext,
    made: Plan,
    wait: boolean,
    signal = new AbortController().signal,
  ): Promise<Outcome> {
    const driver: Pick<Driver, 'apply' | 'ready'> = {
      apply: (step, running) => apply(context, step, running),
      ready: (wanted, running) => ready(context, wanted as KubeResource, running),
    }
    const emit = (event: Event): unknown => this.events.push(event)
    return createScheduler({ driver, emit, now: Date.now, signal, wait }).submit(made)
  }

  /** What was said aloud, without names that chance made. */
  messages(): string[] {
    return this.events.flatMap((event) =>
      event.type === 'message.reported' ? [this.anonymous(event.text)] : [],
    )
  }

  /** Message, hint and evidence of every failure, without names that chance made. */
  failuresOf(outcome: Outcome): string {
    const texts = outcome.failures.map(({ error }) =>
      [
        `${error.kind}${error.span ? ` line ${String(error.span.line)}` : ''}: ${error.message}`,
        ...(error.hint === undefined ? [] : [`hint: ${error.hint}`]),
        ...error.evidence.map((line) => `  ${line}`),
      ].join('\n'),
    )
    return this.anonymous(texts.join('\n'))
  }

  anonymous(text: string): string {
    return text
      .replaceAll(this.project, 'PROJECT')
      .replace(/-[0-9a-z]{4,10}-[0-9a-z]{5}\b/g, '-HASH-POD')
      .replace(/\b((?:job|migrate|web)-)[a-z0-9]{5}\b/g, '$1POD')
      .replace(/ \(\d+ times\)/g, '')
      .replace(/ on [\d.]+:53/, '')
  }

  async kubectl(...words: string[]): Promise<string> {
    const { stdout } = await run('kubectl', ['-n', this.project, ...words], {
      env: { ...process.env, KUBECONFIG: kubeconfig },
    })
    return stdout.trim()
  }

  async get(kind: keyof typeof kinds, name: string): Promise<KubeObject | undefined> {
    return this.client.get(kinds[kind], this.project, name)
  }

  /** `Kind/name` of everything that carries the project's label, pods and what controllers made left out. */
  async objects(): Promise<string[]> {
    const own = [
      kinds.ConfigMap,
      kinds.Secret,
      kinds.Deployment,
      kinds.StatefulSet,
      kinds.Job,
      kinds.Service,
      kinds.PersistentVolumeClaim,
      kinds.NetworkPolicy,
    ]
    const labelSelector = `iamstack.dev/project=${this.project}`
    const lists = await Promise.all(
      own.map((kind) => this.client.list(kind, { namespace: this.project, labelSelector })),
    )
    return lists.flatMap(({ items }) => items.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).sort()
  }

  async close(): Promise<void> {
    await this.client.remove(kinds.Namespace, undefined, this.project)
    this.client.close()
  }
}

async function openClient(): Promise<KubeClient> {
  const config = await loadKubeconfig(process.env, { files: [kubeconfig ?? ''] })
  return createKubeClient(config.context('docker-desktop'))
}

function clusterValue(client: KubeClient): Cluster {
  return {
    ...clusterOf('docker-desktop'),
    check: () => [],
    observe: () => Promise.resolve(new Map()),
    apply: () => Promise.resolve(),
    ready: () => Promise.resolve(),
    open: () => Promise.resolve(client),
    close: () => Promise.resolve(),
  }
}

function memoryOf(values: Map<string, unknown>): Memory {
  return {
    folder: tmpdir(),
    read: (key) => Promise.resolve(values.get(key)),
    write: (key, value) => {
      values.set(key, JSON.parse(JSON.stringify(value)))
      return Promise.resolve()
    },
    remove: (key) => {
      values.delete(key)
      return Promise.resolve()
    },
    list: (prefix) => Promise.resolve([...values.keys()].filter((key) => key.startsWith(prefix))),
    lock: () => Promise.resolve({ release: () => Promise.resolve() }),
    clear: () => {
      values.clear()
      return Promise.resolve()
    },
  }
}
