import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { render } from '../../../src/drivers/kubernetes/render.ts'
import { resolvedStack } from '../../resolve/stack.ts'
import { wholeFacts, wholeStack } from '../compose/stacks.ts'
import type { KubeResource } from '../../../src/drivers/kubernetes/spec.ts'
import type { ResolvedStack } from '../../../src/resolve/resolved.ts'
import { desiredIn, objectsOf } from './desired-setup.ts'
import { everyFact, everyField } from './desired-stacks.ts'
import { referenceFacts, referenceStack } from './desired-reference.ts'

const kubeconfig = process.env['IAMSTACK_LAB_KUBECONFIG_DOCKER_DESKTOP'] ?? ''
const namespace = `ist-desired-${randomBytes(3).toString('hex')}`

function kubectl(words: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'kubectl',
      ['--kubeconfig', kubeconfig, ...words],
      { maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`${stdout}\n${stderr}`))
        else resolve(stdout)
      },
    )
    child.stdin?.end(input)
  })
}

type Json = Readonly<Record<string, unknown>>

/**
 * Everything as it would be sent, by server-side apply that keeps nothing: the names of what the server takes, and every field of
 * ours that it would write otherwise than we do.
 */
async function accepted(resources: readonly KubeResource[], stack: ResolvedStack) {
  const text = render(resources, stack)
    .map((file) => file.text)
    .join('---\n')
  const words = [
    'apply',
    '--server-side',
    '--field-manager=iamstack',
    '--dry-run=server',
    '--validate=strict',
  ]
  const answer = JSON.parse(await kubectl([...words, '-o', 'json', '-f', '-'], text)) as { items: Json[] }
  const sent = objectsOf(resources).map(({ object }) => object)
  const key = (object: Json): string =>
    `${String(object['kind'])}/${String((object['metadata'] as Json)['name'])}`
  const byKey = new Map(answer.items.map((item) => [key(item), item]))
  return {
    names: answer.items.map(key).sort(),
    different: sent.flatMap((object) => differences(object, byKey.get(key(object)), key(object))),
  }
}

function differences(sent: unknown, kept: unknown, path: string): string[] {
  if (Array.isArray(sent)) {
    return sent.flatMap((each, index) =>
      differences(each, Array.isArray(kept) ? kept[index] : undefined, `${path}[${String(index)}]`),
    )
  }
  if (typeof sent === 'object' && sent !== null) {
    const members = typeof kept === 'object' && kept !== null ? (kept as Json) : {}
    return Object.entries(sent).flatMap(([name, each]) => differences(each, members[name], `${path}.${name}`))
  }
  return sent === kept ? [] : [`${path}: ${JSON.stringify(sent)} became ${JSON.stringify(kept)}`]
}

beforeAll(() => kubectl(['create', 'namespace', namespace]))
afterAll(() => kubectl(['delete', 'namespace', namespace, '--wait=false']))

async function placed(stack: Promise<ResolvedStack>): Promise<ResolvedStack> {
  return { ...(await stack), namespace }
}

describe('a real API server', () => {
  test('takes every object of a stack that uses every field, as it was sent (S67)', async () => {
    const stack = await placed(resolvedStack(everyField, { profile: 'docker-desktop' }))
    const resources = desiredIn(stack, everyFact, 'docker-desktop', { ingressClass: 'skipper' })
    const { names, different } = await accepted(resources, stack)
    expect(different).toEqual([])
    expect(names.map((name) => name.replace(namespace, 'NAMESPACE'))).toMatchInlineSnapshot(`
      [
        "ConfigMap/app",
        "ConfigMap/flags",
        "ConfigMap/folder",
        "CronJob/nightly",
        "DaemonSet/agent",
        "Deployment/course",
        "Deployment/no-ports",
        "Deployment/scaled",
        "Deployment/web",
        "EndpointSlice/by-address",
        "HorizontalPodAutoscaler/scaled",
        "Ingress/any",
        "Ingress/app",
        "Job/migrate",
        "Namespace/NAMESPACE",
        "NetworkPolicy/agent",
        "NetworkPolicy/db",
        "NetworkPolicy/default-deny",
        "NetworkPolicy/web",
        "PersistentVolumeClaim/data",
        "PersistentVolumeClaim/shared",
        "Role/web",
        "RoleBinding/web",
        "Secret/app-config",
        "Secret/db",
        "Secret/migrate-env",
        "Secret/registry-main",
        "Secret/web-cert",
        "Secret/web-env",
        "Service/agent",
        "Service/by-address",
        "Service/course",
        "Service/db",
        "Service/edge",
        "Service/elsewhere",
        "Service/queue",
        "Service/queue-pods",
        "Service/scaled",
        "Service/web",
        "Service/web-lb",
        "Service/web-node",
        "ServiceAccount/web",
        "StatefulSet/db",
        "StatefulSet/queue",
      ]
    `)
  })

  test('takes the whole stack', async () => {
    const stack = await placed(resolvedStack(wholeStack, { profile: 'docker-desktop' }))
    const { different } = await accepted(desiredIn(stack, wholeFacts, 'docker-desktop'), stack)
    expect(different).toEqual([])
  })

  test.each(['docker-desktop', 'kind', 'kubernetes'] as const)(
    'takes the reference stack of %s',
    async (target) => {
      const stack = await placed(referenceStack(target))
      const { different } = await accepted(desiredIn(stack, referenceFacts(stack), target), stack)
      expect(different).toEqual([])
    },
  )
})

/** Prints what reached it; the words and variables hold everything that Kubernetes would expand. */
const echo = `
jobs:
  echo:
    image: busybox:stable
    entrypoint: [sh, -c, 'for word in "$@"; do echo "word $word"; done; env | grep ^V_ | sort; id; cat /run/secrets/s/k; ls -lnL /run/secrets/s /etc/c/sub; touch /scratch/mine && echo written', "-"]
    command: ["$", "$$", "$(V_A)", "$$(V_A)", "$$$(V_A)", "$\${V_A}", "\${service.web.host}:\${service.web.port.http}"]
    env: { V_A: expanded, V_B: "$(V_A)", V_C: "$$", V_D: { secret: s, key: k }, V_E: "<\${secret.s.k}>", V_F: { config: c, key: plain }, V_G: { field: namespace } }
    mounts: { /run/secrets/s: { secret: s }, /etc/c: { config: c }, /scratch: { scratch: x } }
    user: 1000
    group: 2000
    read-only-root: true
services:
  web: { image: busybox:stable, ports: { http: 80 } }
configs: { c: { literals: { plain: "$(V_A)" } } }
secrets: { s: { k: { env: K } } }
`

describe('a real pod', () => {
  test('sees texts as they were written, and reads what is for it alone (S35, S49, S52, S53, S73)', async () => {
    const stack = await placed(resolvedStack(echo, { profile: 'docker-desktop' }))
    const given = { configs: { c: { plain: '$(V_A)', 'sub/a b': 'x\n' } } }
    const wanted = desiredIn(stack, given, 'docker-desktop').filter(
      ({ kind }) => kind !== 'service' && kind !== 'namespace',
    )
    const text = render(wanted, stack).map((file) => file.text)
    await kubectl(['apply', '--server-side', '-f', '-'], text.join('---\n'))
    await kubectl(['-n', namespace, 'wait', '--for=condition=complete', '--timeout=60s', 'job/echo'])
    const printed = await kubectl(['-n', namespace, 'logs', 'job/echo'])
    expect(printed.replaceAll(namespace, 'NAMESPACE').replaceAll(/[A-Z][a-z]{2} +\d+ \d\d:\d\d/g, 'DATE'))
      .toMatchInlineSnapshot(`
      "word $
      word $$
      word $(V_A)
      word $$(V_A)
      word $$$(V_A)
      word \${V_A}
      word web:80
      V_A=expanded
      V_B=$(V_A)
      V_C=$$
      V_D=***
      V_E=<***>
      V_F=$(V_A)
      V_G=NAMESPACE
      uid=1000 gid=2000 groups=2000
      ***/etc/c/sub:
      total 4
      -rw-r--r--    1 0        2000             2 DATE a b

      /run/secrets/s:
      total 4
      -r--r-----    1 0        2000             3 DATE k
      written
      "
    `)
  })
})
