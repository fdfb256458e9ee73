import { StepError } from '../plan/step-error.ts'
import {
  KubeError,
  type AccessQuestion,
  type KubeClient,
  type KubeObject,
} from '../platform/kubernetes/client.ts'
import { kinds } from '../platform/kubernetes/kinds.ts'
import { supportedVersions } from './existing.ts'
import { fieldsOf, listOf, textOf } from './settings.ts'

/** What a plan will ask of a cluster. */
export interface ClusterNeeds {
  /** Claims that leave the choice of a StorageClass to the cluster, by name. */
  readonly claimsWithoutClass: readonly string[]
  /** StorageClasses that claims name. */
  readonly classes: readonly string[]
  /** Everything that will be done there. */
  readonly access: readonly AccessQuestion[]
  /** Pods will run: at least one node must take them. */
  readonly runsPods: boolean
}

export interface PreflightResult {
  /** Every missing precondition in one error, none of them applied. */
  readonly error: StepError | undefined
  readonly warnings: readonly string[]
}

/**
 * Looks whether a cluster can take what a plan brings, before anything is applied: it answers, its version is one that objects
 * are made for, a node is ready, StorageClasses are there, and we may do all that will be done. What we are not allowed to look
 * at is taken to be there: then the API will say so.
 */
export async function preflight(
  client: KubeClient,
  needs: ClusterNeeds,
  signal: AbortSignal,
): Promise<PreflightResult> {
  let version: Awaited<ReturnType<KubeClient['version']>>
  try {
    version = await client.version()
  } catch (error) {
    if (error instanceof StepError) return { error, warnings: [] }
    throw error
  }
  const [nodes, classes, forbidden] = await Promise.all([
    needs.runsPods ? listed(client, 'Node', signal) : undefined,
    needs.claimsWithoutClass.length + needs.classes.length > 0
      ? listed(client, 'StorageClass', signal)
      : undefined,
    needs.access.length > 0 ? client.forbidden(needs.access, signal) : [],
  ])
  const missing = [
    ...(nodes ? nodeProblems(nodes) : []),
    ...(classes ? classProblems(classes, needs) : []),
    ...(forbidden.length > 0 ? [rightsProblem(forbidden)] : []),
  ]
  return { error: asError(missing, client), warnings: versionWarnings(version) }
}

interface Problem {
  readonly message: string
  readonly evidence: readonly string[]
  readonly hint: string
}

function asError(problems: readonly Problem[], { context }: KubeClient): StepError | undefined {
  const [first, ...more] = problems
  if (!first) return undefined
  const cluster = `the cluster of context "${context.context}" (${context.server})`
  return new StepError(
    'precondition',
    more.length === 0
      ? `${cluster}: ${first.message}`
      : `${cluster} lacks ${problems.length} things that are needed: ${problems.map(({ message }) => message).join('; ')}`,
    {
      evidence: [...new Set(problems.flatMap(({ evidence }) => evidence))],
      hint: problems.map(({ hint }) => hint).join('; '),
    },
  )
}

async function listed(
  client: KubeClient,
  kind: 'Node' | 'StorageClass',
  signal: AbortSignal,
): Promise<readonly KubeObject[] | undefined> {
  try {
    return (await client.list(kinds[kind], { namespace: undefined }, signal)).items
  } catch (error) {
    if (error instanceof KubeError && (error.status === 403 || error.status === 401)) return undefined
    throw error
  }
}

function nodeProblems(nodes: readonly KubeObject[]): Problem[] {
  if (nodes.some((node) => nodeProblem(node) === undefined)) return []
  return [
    {
      message: nodes.length === 0 ? 'it has no nodes' : 'none of its nodes is ready to take pods',
      evidence: nodes.flatMap((node) => nodeProblem(node) ?? []),
      hint: 'wait until kubectl get nodes says Ready, or see why it does not: kubectl describe node',
    },
  ]
}

/** Why a node takes no pods, in words; undefined where it takes them. */
export function nodeProblem(node: KubeObject): string | undefined {
  const condition = listOf(fieldsOf(node['status'])['conditions'])
    .map(fieldsOf)
    .find(({ type }) => type === 'Ready')
  const name = `node ${node.metadata.name}`
  if (condition?.['status'] !== 'True') {
    const words = textOf(condition?.['message']) ?? textOf(condition?.['reason'])
    return words === undefined ? `${name} is not ready` : `${name} is not ready: ${words}`
  }
  return fieldsOf(node['spec'])['unschedulable'] === true
    ? `${name} is closed for new pods (cordoned)`
    : undefined
}

const defaultClass = 'storageclass.kubernetes.io/is-default-class'

function classProblems(classes: readonly KubeObject[], needs: ClusterNeeds): Problem[] {
  const names = classes.map(({ metadata }) => metadata.name)
  const there =
    names.length === 0 ? 'it has no StorageClass at all' : `its StorageClasses: ${names.join(', ')}`
  const hasDefault = classes.some(({ metadata }) => metadata.annotations?.[defaultClass] === 'true')
  const withoutDefault: Problem[] =
    needs.claimsWithoutClass.length > 0 && !hasDefault
      ? [
          {
            message: 'it has no default StorageClass',
            evidence: [`volumes that would stay pending: ${needs.claimsWithoutClass.join(', ')}`, there],
            hint: 'write class: NAME at the volumes, or kubernetes: { capabilities: { storage-class: NAME } } in the profile',
          },
        ]
      : []
  const unknown = [...new Set(needs.classes)].filter((name) => !names.includes(name))
  return [
    ...withoutDefault,
    ...unknown.map((name) => ({
      message: `it has no StorageClass "${name}"`,
      evidence: [there],
      hint: 'correct the class of the volume, or have the StorageClass made',
    })),
  ]
}

function rightsProblem(forbidden: readonly AccessQuestion[]): Problem {
  const lines = forbidden.map(({ verb, group, resource, namespace }) => {
    const what = group === '' ? resource : `${resource}.${group}`
    return `may not ${verb} ${what}${namespace === undefined ? '' : ` in ${namespace}`}`
  })
  return {
    message: `you lack ${forbidden.length === 1 ? 'one right' : `${forbidden.length} rights`} there`,
    evidence: [...new Set(lines)].sort(),
    hint: 'ask whoever administers the cluster for these; kubectl auth can-i --list shows what you have',
  }
}

function versionWarnings({ major, minor, text }: { major: number; minor: number; text: string }): string[] {
  const [oldest, newest] = [supportedVersions.oldest, supportedVersions.newest].map((each) =>
    Number(each.split('.')[1]),
  )
  if (major === 1 && minor >= (oldest ?? 0) && minor <= (newest ?? 0)) return []
  return [
    `the cluster is ${text}; objects are made for ${supportedVersions.oldest} to ${supportedVersions.newest}: it may refuse or ignore fields`,
  ]
}
