import { describe, expect, test } from 'vitest'
import { conflictsOf } from '../../../src/platform/kubernetes/errors.ts'
import { kinds } from '../../../src/platform/kubernetes/kinds.ts'
import { clientOf, failureOf, fakeApi, json, statusOf } from './fake-api.ts'

const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n' } }
const busy = statusOf(429, 'TooManyRequests', 'too many requests')

describe('what is asked again', () => {
  test('reads: after a broken connection, 429 and 5xx, each a few times', async () => {
    const answers: ((response: Parameters<typeof json>[0]) => void)[] = [
      (response) => response.socket?.destroy(),
      (response) => json(response, 503, statusOf(503, 'ServiceUnavailable', 'restarting')),
      (response) => json(response, 429, busy, { 'Retry-After': '0' }),
      (response) => json(response, 200, pod),
    ]
    const { url, requests } = await fakeApi((_request, response) => answers.shift()?.(response))
    expect(await (await clientOf(url)).get(kinds.Pod, 'n', 'p')).toEqual(pod)
    expect(requests).toHaveLength(4)
  })

  test('writes: only what the server says it did not do', async () => {
    const { url, requests } = await fakeApi((request, response) => {
      const tries = requests.filter(({ path }) => path === request.path).length
      if (request.path.endsWith('/configmaps') && tries === 1) json(response, 429, busy)
      else if (request.path.endsWith('/configmaps')) json(response, 201, pod)
      else if (request.path.endsWith('/secrets')) response.socket?.destroy()
      else json(response, 500, statusOf(500, 'InternalError', 'a webhook failed'))
    })
    const client = await clientOf(url)
    await client.create(kinds.ConfigMap, pod)
    expect(await failureOf(client.create(kinds.Secret, pod))).toMatchInlineSnapshot(`
      "StepError precondition: the Kubernetes API at http://HOST:PORT (context there) broke the connection
        it may be restarting: try again in a moment"
    `)
    expect(await failureOf(client.create(kinds.Pod, pod))).toMatchInlineSnapshot(
      `"KubeError 500 InternalError: a webhook failed"`,
    )
    expect(requests.map(({ path }) => path.split('/').at(-1))).toEqual([
      'configmaps',
      'configmaps',
      'secrets',
      'pods',
    ])
  })

  test('a refusal of a server that just came back: it has not read yet who may do what', async () => {
    const denied = statusOf(403, 'Forbidden', 'pods "p" is forbidden: User "u" cannot get resource "pods"')
    const answers: ((response: Parameters<typeof json>[0]) => void)[] = [
      (response) => response.socket?.destroy(),
      (response) => json(response, 403, denied),
      (response) => json(response, 200, pod),
    ]
    const { url, requests } = await fakeApi((_request, response) => {
      const answer = answers.shift()
      if (answer) answer(response)
      else json(response, 403, denied)
    })
    expect(await (await clientOf(url)).get(kinds.Pod, 'n', 'p')).toEqual(pod)
    expect(requests).toHaveLength(3)
    // Without such a trouble it is meant.
    const other = await clientOf(url)
    expect(await failureOf(other.get(kinds.Pod, 'n', 'p'))).toContain('KubeError 403 Forbidden')
    expect(requests).toHaveLength(4)
  })

  test('an apply and a removal of one very object do no harm twice', async () => {
    const { url, requests } = await fakeApi((_request, response) => {
      if (requests.length % 2 === 1) response.socket?.destroy()
      else json(response, 200, pod)
    })
    const client = await clientOf(url)
    await client.apply(kinds.Pod, pod)
    expect(await client.remove(kinds.Pod, 'n', 'p', { uid: 'u' })).toBe(true)
    expect(requests).toHaveLength(4)
    expect(requests[0]).toMatchObject({
      method: 'PATCH',
      path: '/api/v1/namespaces/n/pods/p',
      query: { fieldManager: 'iamstack', force: 'false' },
      body: pod,
    })
    expect(requests[0]?.headers['content-type']).toBe('application/apply-patch+yaml')
    expect(requests[3]?.body).toMatchObject({
      propagationPolicy: 'Background',
      preconditions: { uid: 'u' },
    })
  })

  test('a pause that is longer than ours is told at once', async () => {
    const { url, requests } = await fakeApi((_request, response) => {
      json(response, 429, busy, { 'Retry-After': '60' })
    })
    expect(await failureOf((await clientOf(url)).get(kinds.Pod, 'n', 'p'))).toBe(
      'KubeError 429 TooManyRequests: too many requests',
    )
    expect(requests).toHaveLength(1)
  })

  test('an abort is the signal’s reason, also between two tries', async () => {
    const stop = new AbortController()
    const { url, requests } = await fakeApi((_request, response) => {
      json(response, 503, statusOf(503, 'ServiceUnavailable', 'restarting'))
      stop.abort(new Error('enough'))
    })
    const client = await clientOf(url)
    expect(await failureOf(client.get(kinds.Pod, 'n', 'p', stop.signal))).toBe('Error: enough')
    expect(await failureOf(client.get(kinds.Pod, 'n', 'p', stop.signal))).toBe('Error: enough')
    expect(requests).toHaveLength(1)
  })
})

describe('refusals', () => {
  test('who holds a field, of an apply', async () => {
    const causes = [
      ['conflict with "kubectl-edit" using apps/v1', '.spec.template.spec.containers[name="web"].image'],
      ['conflict with "kube-controller-manager" with subresource "scale" using apps/v1', '.spec.replicas'],
    ].map(([message, field]) => ({ reason: 'FieldManagerConflict', message, field }))
    const { url } = await fakeApi((_request, response) => {
      json(response, 409, statusOf(409, 'Conflict', 'Apply failed with 2 conflicts', { causes }))
    })
    const error: unknown = await (
      await clientOf(url)
    )
      .apply(kinds.Pod, pod)
      .catch((reason: unknown) => reason)
    expect(conflictsOf(error)).toEqual([
      {
        field: '.spec.template.spec.containers[name="web"].image',
        manager: 'kubectl-edit',
        subresource: undefined,
      },
      { field: '.spec.replicas', manager: 'kube-controller-manager', subresource: 'scale' },
    ])
    expect(conflictsOf(new Error('other'))).toEqual([])
  })

  test('what stands in the server’s place has words of its own', async () => {
    const { url } = await fakeApi((request, response) => {
      if (request.path.endsWith('html')) response.writeHead(403).end('<html>secret page</html>')
      else response.writeHead(404).end('404 page not found\n')
    })
    const client = await clientOf(url)
    expect(await failureOf(client.raw('/html'))).toBe('KubeError 403 Forbidden: 403 Forbidden')
    expect(await failureOf(client.raw('/x'))).toBe('KubeError 404 NotFound: 404 page not found')
  })

  test('not there: undefined, false, and an empty list', async () => {
    const { url } = await fakeApi((_request, response) => {
      json(response, 404, statusOf(404, 'NotFound', 'pods "p" not found'))
    })
    const client = await clientOf(url)
    expect(await client.get(kinds.Pod, 'n', 'p')).toBeUndefined()
    expect(await client.remove(kinds.Pod, 'n', 'p')).toBe(false)
    expect(await client.list(kinds.Pod, { namespace: 'n' })).toEqual({ items: [], resourceVersion: '' })
    expect(await client.kindOf('example.com/v1', 'Thing')).toBeUndefined()
  })
})

describe('lists', () => {
  test('page by page, from the beginning when a page comes too late, and items say what they are', async () => {
    const { url, requests } = await fakeApi((request, response) => {
      const item = (name: string) => ({ metadata: { name } })
      const isFirstTime = requests.filter(({ query }) => query['continue'] === undefined).length === 1
      if (request.query['continue'] === undefined) {
        const metadata = { continue: 'next', resourceVersion: isFirstTime ? '5' : '7' }
        json(response, 200, { items: [item('a')], metadata })
      } else if (isFirstTime) json(response, 410, statusOf(410, 'Expired', 'too old'))
      else json(response, 200, { items: [item('b')], metadata: { resourceVersion: '7' } })
    })
    const list = await (
      await clientOf(`${url}/k8s/clusters/c-1/`)
    ).list(kinds.Secret, { namespace: undefined, labelSelector: 'a=b', metadataOnly: true })
    expect(list).toEqual({
      resourceVersion: '7',
      items: ['a', 'b'].map((name) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name } })),
    })
    expect(requests.map(({ path, query }) => `${path} ${JSON.stringify(query)}`)).toMatchInlineSnapshot(`
      [
        "/k8s/clusters/c-1/api/v1/secrets {"labelSelector":"a=b","limit":"500"}",
        "/k8s/clusters/c-1/api/v1/secrets {"labelSelector":"a=b","limit":"500","continue":"next"}",
        "/k8s/clusters/c-1/api/v1/secrets {"labelSelector":"a=b","limit":"500"}",
        "/k8s/clusters/c-1/api/v1/secrets {"labelSelector":"a=b","limit":"500","continue":"next"}",
      ]
    `)
    expect(requests[0]?.headers.accept).toBe(
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
    )
  })
})

describe('discovery', () => {
  test('common kinds cost nothing, a group is asked once, and what is missing is asked again', async () => {
    const resources = [{ name: 'things', kind: 'Thing', namespaced: true }]
    const { url, requests } = await fakeApi((_request, response) => {
      json(response, 200, {
        resources: [{ name: 'parts/status', kind: 'Part', namespaced: false }, ...resources],
      })
    })
    const client = await clientOf(url)
    expect(await client.kindOf('apps/v1', 'Deployment')).toBe(kinds.Deployment)
    expect(requests).toHaveLength(0)
    const thing = { apiVersion: 'example.com/v1', kind: 'Thing', plural: 'things', isNamespaced: true }
    const both = [client.kindOf('example.com/v1', 'Thing'), client.kindOf('example.com/v1', 'Thing')]
    expect(await Promise.all(both)).toEqual([thing, thing])
    expect(requests.map(({ path }) => path)).toEqual(['/apis/example.com/v1'])
    expect(await client.kindOf('example.com/v1', 'Part')).toBeUndefined()
    // Its definition has come meanwhile.
    resources.push({ name: 'parts', kind: 'Part', namespaced: false })
    expect(await client.kindOf('example.com/v1', 'Part')).toMatchObject({
      plural: 'parts',
      isNamespaced: false,
    })
  })
})

describe('rights', () => {
  test('S63: the rules of a namespace answer most; only what they do not grant is asked for itself', async () => {
    const { url, requests } = await fakeApi(({ path, body }, response) => {
      if (path.endsWith('selfsubjectrulesreviews')) {
        const resourceRules = [
          { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', '*/log'] },
          { verbs: ['*'], apiGroups: ['apps'], resources: ['*'] },
          { verbs: ['create'], apiGroups: [''], resources: ['secrets'], resourceNames: ['one'] },
        ]
        json(response, 201, { status: { resourceRules, incomplete: true } })
      } else {
        const { spec } = body as { spec: { resourceAttributes: { resource: string } } }
        json(response, 201, { status: { allowed: spec.resourceAttributes.resource === 'configmaps' } })
      }
    })
    const ask = (verb: 'get' | 'create', group: string, resource: string, namespace?: string) => ({
      verb,
      group,
      resource,
      namespace,
    })
    const questions = [
      ask('get', '', 'pods', 'n'),
      ask('get', '', 'pods/log', 'n'),
      ask('create', 'apps', 'deployments', 'n'),
      ask('create', '', 'secrets', 'n'),
      ask('create', '', 'configmaps', 'n'),
      ask('get', '', 'pods/exec', 'n'),
      ask('create', '', 'namespaces'),
    ]
    const forbidden = await (await clientOf(url)).forbidden(questions)
    expect(forbidden).toEqual([questions[3], questions[5], questions[6]])
    expect(requests.filter(({ path }) => path.endsWith('rulesreviews'))).toHaveLength(1)
    expect(requests).toHaveLength(5)
  })
})

test('one signal may carry any number of requests without a warning', async () => {
  const warnings: unknown[] = []
  const note = (warning: Error) => warnings.push(warning.name)
  process.on('warning', note)
  const { url } = await fakeApi((_request, response) => json(response, 200, { metadata: {} }))
  const client = await clientOf(url)
  const { signal } = new AbortController()
  await Promise.all(
    Array.from({ length: 40 }, (_, index) => client.get(kinds.Pod, 'n', String(index), signal)),
  )
  process.off('warning', note)
  expect(warnings).toEqual([])
})
