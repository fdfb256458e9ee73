import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { root, sandbox, statusOf, urlOf, type Ended, type Sandbox } from './cli.ts'
import { environmentFor, hasKindCluster, kubectl, type ClusterTarget } from './clusters.ts'
import { docker, dockerThingsOf } from './machine.ts'

const everyCheck = ['administrator', 'apiserver', 'authz-server', 'pump', 'story']

/** The reference stack, copied: what a test edits is its own. */
function reference(target: ClusterTarget): Sandbox {
  const box = sandbox(target)
  box.copy(join(root, 'iamstack.yaml'), 'iamstack.yaml')
  box.copy(join(root, 'profiles'), 'profiles')
  box.copy(join(root, 'examples/iam'), 'examples/iam')
  box.edit('iamstack.yaml', 'name: iam\n', `name: ${box.name}\n`)
  return box
}

function passedChecks({ events }: Pick<Ended, 'events'>): string[] {
  return events.flatMap((event) => (event.type === 'smoke.passed' ? [event.check] : [])).sort()
}

function stepsOf({ events }: Pick<Ended, 'events'>): string[] {
  return events
    .flatMap((event) => (event.type === 'step.started' ? [`${event.op} ${event.resource}`] : []))
    .filter((step) => !step.startsWith('wait '))
    .sort()
}

/** Pods by the service they belong to, with their uid. */
function podsOf(box: Sandbox, target: ClusterTarget): Record<string, string[]> {
  const columns = 'custom-columns=NAME:.metadata.labels.app\\.kubernetes\\.io/name,UID:.metadata.uid'
  const rows = kubectl(target, '--namespace', box.project, 'get', 'pods', '--no-headers', '--output', columns)
  const pods: Record<string, string[]> = {}
  for (const row of rows.split('\n')) {
    const [name = '', uid = ''] = row.split(/\s+/)
    pods[name] = [...(pods[name] ?? []), uid].sort()
  }
  return pods
}

function checksumOfKubeconfig(target: ClusterTarget): string | undefined {
  const file = environmentFor(target)['KUBECONFIG']
  return file === undefined ? undefined : createHash('sha256').update(readFileSync(file)).digest('hex')
}

/** The whole life of the reference stack on a cluster. */
export function referenceStory(target: ClusterTarget): void {
  const on = ['--profile', target]

  test('from nothing to a green story; again nothing; one edit, one image, one Deployment; drift is mended; and back to nothing', async () => {
    const box = reference(target)
    const before = checksumOfKubeconfig(target)
    const up = ['up', ...on, '--progress', 'json']
    const first = await box.run(up)
    expect(first.code, first.stderr + first.stdout.slice(-3000)).toBe(0)
    expect(passedChecks(first)).toEqual(everyCheck)

    // S110, S118: nothing to do.
    expect(stepsOf(await box.succeed(up))).toEqual([])
    const health = await fetch(`${await urlOf(box, on, 'iam-apiserver', 'http')}/healthz`)
    expect(await health.json()).toMatchObject({ status: 'ok' })

    // S19, S124: exactly one image is built, and the pods of everything else stay.
    const pods = podsOf(box, target)
    box.edit('examples/iam/pump/src/main.ts', /$/, '\n// An edit.\n')
    const edited = await box.succeed(up)
    const delivered = target === 'kind' ? ['deliver delivery/iam-pump'] : []
    expect(stepsOf(edited)).toEqual(['build image/iam-pump', ...delivered, 'update service/iam-pump'])
    const { 'iam-pump': pumpBefore, ...othersBefore } = pods
    const { 'iam-pump': pumpAfter, ...othersAfter } = podsOf(box, target)
    expect(othersAfter).toEqual(othersBefore)
    expect(pumpAfter).not.toEqual(pumpBefore)

    // S12: behind our back.
    kubectl(target, '--namespace', box.project, 'delete', 'service', 'iam-pump')
    kubectl(
      target,
      '--namespace',
      box.project,
      'set',
      'env',
      'deployment/iamctl',
      'EXTRA=1',
      'IAMCTL_CONFIG=/nowhere',
    )
    const drifted = await vi.waitUntil(
      async () => {
        const rows = await statusOf(box, on)
        return rows.get('service/iamctl')?.drift !== undefined &&
          rows.get('service/iam-pump')?.drift !== undefined
          ? rows
          : undefined
      },
      { timeout: 20_000 },
    )
    expect(drifted.get('service/iamctl')?.drift).toContain('changed by hand')
    expect(stepsOf(await box.succeed(up))).toEqual(['update service/iam-pump', 'update service/iamctl'])
    expect(stepsOf(await box.succeed(up))).toEqual([])

    // S127: the first version, from what the cluster remembers.
    const back = await box.succeed(['rollback', '1', ...on, '--progress', 'json', '--no-smoke'])
    expect(stepsOf(back)).toContain('update service/iam-pump')

    await box.succeed(['down', ...on, '--all', '--yes'])
    expect(box.traces()).toEqual({ processes: [], docker: [], cluster: [], files: [] })
    expect(dockerThingsOf(box.name)).toEqual([])
    if (target === 'kind') {
      expect(hasKindCluster()).toBe(false)
      expect(docker('ps', '--all', '--quiet', '--filter', 'label=dev.iamstack.registry')).toBe('')
    }
    expect(checksumOfKubeconfig(target)).toBe(before)
  })
}
