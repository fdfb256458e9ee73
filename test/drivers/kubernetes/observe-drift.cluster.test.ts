import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ClusterBench, isClusterWanted } from './apply-bench.ts'

const stack = `
services:
  web:
    image: nginx:1.22
    ports: { http: 80 }
    env: { COLOUR: red, SHAPE: round }
    health: { http: /, port: http }
    mounts: { /etc/app: { config: app } }
configs:
  app: { literals: { a.txt: hello, b.txt: there } }
secrets:
  db: { password: { env: DB_PASSWORD }, user: { env: DB_USER } }
`
const given = {
  configs: { app: { 'a.txt': 'hello', 'b.txt': 'there' } },
  secrets: { db: { password: 'p', user: 'u' } },
}

/** Issue 4, “behind its back”: status tells, `up` repairs, and then there is nothing to do. */
describe.skipIf(!isClusterWanted)('what somebody changes behind our back', () => {
  let bench: ClusterBench
  beforeAll(async () => {
    bench = await ClusterBench.open()
    expect((await bench.up(stack, given)).failures).toBe('')
  })
  afterAll(() => bench.close())
  beforeEach(() => {
    bench.events.length = 0
  })

  /** The plan, then whether a second one is empty. */
  async function repaired(): Promise<string> {
    const { text, failures } = await bench.up(stack, given)
    const again = await bench.plan(stack, given)
    const steps = text.split('\n').filter((line) => /^[~+-]/.test(line))
    return [...steps, ...bench.messages(), failures, ...(again.made.steps.length > 0 ? [again.text] : [])]
      .filter((line) => line !== '')
      .join('\n')
  }

  it('an image (S118, S119)', async () => {
    await bench.kubectl('set', 'image', 'deployment/web', 'web=nginx:1.21')
    expect(await repaired()).toMatchInlineSnapshot(`
      "~ update  service/web  changed by hand: Deployment web: spec.template.spec.containers[web].image, by kubectl-set
      Deployment web: taken back spec.template.spec.containers[web].image, set by kubectl-set"
    `)
  })

  it('a variable, by an editor', async () => {
    await bench.kubectl('set', 'env', 'deployment/web', 'COLOUR=blue')
    expect(await repaired()).toMatchInlineSnapshot(`
      "~ update  service/web  changed by hand: Deployment web: spec.template.spec.containers[web].env[COLOUR].value, by kubectl-set
      Deployment web: taken back spec.template.spec.containers[web].env[COLOUR].value, set by kubectl-set"
    `)
  })

  it('a variable that is taken away', async () => {
    await bench.kubectl('set', 'env', 'deployment/web', 'SHAPE-')
    expect(await repaired()).toMatchInlineSnapshot(
      `"~ update  service/web  changed by hand: Deployment web: spec.template.spec.containers[web].env[SHAPE], removed"`,
    )
  })

  it('a number of replicas', async () => {
    await bench.kubectl('scale', 'deployment/web', '--replicas=3')
    expect(await repaired()).toMatchInlineSnapshot(`"~ scale   service/web  3 of 1 replicas"`)
  })

  it('a key of a config', async () => {
    const patch = JSON.stringify([{ op: 'remove', path: '/data/b.txt' }])
    await bench.kubectl('patch', 'configmap', 'app', '--type=json', '-p', patch)
    expect(await repaired()).toMatchInlineSnapshot(
      `"~ update  config/app  changed by hand: data.b.txt, removed"`,
    )
  })

  it('a value of a config', async () => {
    await bench.kubectl('patch', 'configmap', 'app', '-p', '{"data":{"a.txt":"bye"}}')
    expect(await repaired()).toMatchInlineSnapshot(`
      "~ update  config/app  changed by hand: data.a.txt, by kubectl-patch
      ConfigMap app: taken back data.a.txt, set by kubectl-patch"
    `)
  })

  it('a label that others find it by', async () => {
    await bench.kubectl('label', 'deployment', 'web', 'app.kubernetes.io/part-of-')
    expect(await repaired()).toMatchInlineSnapshot(
      `"~ update  service/web  changed by hand: Deployment web: metadata.labels.app.kubernetes.io/part-of, removed"`,
    )
  })

  it('a label that we find it by', async () => {
    await bench.kubectl('label', 'service', 'web', 'iamstack.dev/project-')
    expect(await repaired()).toMatchInlineSnapshot(
      `"~ update  service/web  changed by hand: Service web is gone"`,
    )
  })

  it('a Service that is deleted', async () => {
    await bench.kubectl('delete', 'service', 'web')
    expect(await repaired()).toMatchInlineSnapshot(
      `"~ update  service/web  changed by hand: Service web is gone"`,
    )
  })

  it('a Deployment that is deleted', async () => {
    await bench.kubectl('delete', 'deployment', 'web')
    expect(await repaired()).toMatchInlineSnapshot(`"+ create  service/web  not there yet"`)
  })

  it('a Service that leads nowhere (S84)', async () => {
    await bench.kubectl(
      'patch',
      'service',
      'web',
      '-p',
      '{"spec":{"selector":{"app.kubernetes.io/name":"other"}}}',
    )
    expect(await repaired()).toMatchInlineSnapshot(`
      "~ update  service/web  changed by hand: Service web: spec.selector, by kubectl-patch
      Service web: taken back spec.selector, set by kubectl-patch"
    `)
  })

  it('what is added beside ours is left alone', async () => {
    await bench.kubectl('annotate', 'deployment', 'web', 'example.com/note=mine')
    await bench.kubectl('set', 'env', 'deployment/web', 'EXTRA=1')
    await bench.kubectl('rollout', 'status', 'deployment/web')
    expect((await bench.plan(stack, given)).text).toMatchInlineSnapshot(
      `"Nothing to do: 3 resources are as the stack says."`,
    )
    expect(
      await bench.kubectl(
        'get',
        'deployment',
        'web',
        '-o',
        'jsonpath={.metadata.annotations.example\\.com/note}',
      ),
    ).toBe('mine')
  })

  it('a field that a controller takes is not fought over', async () => {
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'app', namespace: bench.project },
      data: { 'a.txt': 'theirs' },
    }
    const { kinds } = await import('../../../src/platform/kubernetes/kinds.ts')
    await bench.client.apply(kinds.ConfigMap, object, { fieldManager: 'argocd-controller', force: true })
    const { failures } = await bench.up(stack, given)
    expect(failures).toMatchInlineSnapshot(`
      "deploy line 11: ConfigMap app: argocd-controller owns data.a.txt, and would set it again
      hint: let one of the two decide: leave the field out of the stack file (\`scale:\` leaves replicas to an autoscaler), or take argocd-controller off this object
        data.a.txt, by argocd-controller"
    `)
  })
})
