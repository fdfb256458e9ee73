import type { AccessQuestion } from './client.ts'
import { fieldsOf, listOf } from './entries.ts'
import type { Transport } from './transport.ts'

const reviews = '/apis/authorization.k8s.io/v1'
/** Questions asked at a time. */
const atOnce = 8
/** Fewer questions than this about a namespace are asked one by one: the whole of a user's rules may be long. */
const worthRules = 3

/**
 * Which of these we may not do. The rules of a namespace answer most questions with one request (`SelfSubjectRulesReview`). They
 * may be incomplete, as they are where a webhook decides, so that what they do not grant is asked for itself.
 */
export async function forbiddenAmong(
  transport: Transport,
  questions: readonly AccessQuestion[],
  signal: AbortSignal | undefined,
): Promise<readonly AccessQuestion[]> {
  const unsettled = await notGranted(transport, questions, signal)
  const waiting = [...unsettled]
  const denied = new Set<AccessQuestion>()
  const asker = async () => {
    for (let question = waiting.shift(); question; question = waiting.shift()) {
      if (!(await isAllowed(transport, question, signal))) denied.add(question)
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, waiting.length) }, asker))
  return questions.filter((question) => denied.has(question))
}

async function notGranted(
  transport: Transport,
  questions: readonly AccessQuestion[],
  signal: AbortSignal | undefined,
): Promise<readonly AccessQuestion[]> {
  const byNamespace = new Map<string | undefined, AccessQuestion[]>()
  for (const question of questions) {
    const others = byNamespace.get(question.namespace)
    if (others) others.push(question)
    else byNamespace.set(question.namespace, [question])
  }
  const groups = await Promise.all(
    [...byNamespace].map(async ([namespace, group]) => {
      if (namespace === undefined || group.length < worthRules) return group
      const rules = await rulesOf(transport, namespace, signal)
      return group.filter((question) => !rules.some((rule) => grants(rule, question)))
    }),
  )
  return groups.flat()
}

interface Rule {
  readonly verbs: readonly unknown[]
  readonly groups: readonly unknown[]
  readonly resources: readonly unknown[]
}

async function rulesOf(
  transport: Transport,
  namespace: string,
  signal: AbortSignal | undefined,
): Promise<Rule[]> {
  const status = await review(transport, 'SelfSubjectRulesReview', { namespace }, signal)
  return listOf(status['resourceRules']).flatMap((each) => {
    const rule = fieldsOf(each)
    // A right to certain names is not a right to the kind.
    if (listOf(rule['resourceNames']).length > 0) return []
    return {
      verbs: listOf(rule['verbs']),
      groups: listOf(rule['apiGroups']),
      resources: listOf(rule['resources']),
    }
  })
}

function grants(rule: Rule, { verb, group, resource }: AccessQuestion): boolean {
  const subresource = resource.split('/')[1]
  const isResource =
    rule.resources.includes('*') ||
    rule.resources.includes(resource) ||
    (subresource !== undefined && rule.resources.includes(`*/${subresource}`))
  return (
    isResource &&
    (rule.verbs.includes('*') || rule.verbs.includes(verb)) &&
    (rule.groups.includes('*') || rule.groups.includes(group))
  )
}

async function isAllowed(
  transport: Transport,
  { verb, group, resource, namespace }: AccessQuestion,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const [name, subresource] = resource.split('/')
  const resourceAttributes = {
    verb,
    group,
    resource: name,
    ...(subresource !== undefined && { subresource }),
    ...(namespace !== undefined && { namespace }),
  }
  const status = await review(transport, 'SelfSubjectAccessReview', { resourceAttributes }, signal)
  return status['allowed'] === true
}

async function review(
  transport: Transport,
  kind: 'SelfSubjectAccessReview' | 'SelfSubjectRulesReview',
  spec: unknown,
  signal: AbortSignal | undefined,
) {
  const answer = fieldsOf(
    await transport.call({
      method: 'POST',
      path: `${reviews}/${kind.toLowerCase()}s`,
      json: { apiVersion: 'authorization.k8s.io/v1', kind, spec },
      // A question changes nothing.
      isRepeatable: true,
      ...(signal && { signal }),
    }),
  )
  return fieldsOf(answer['status'])
}
