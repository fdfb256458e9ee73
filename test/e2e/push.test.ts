import { describe, expect, onTestFinished, test } from 'vitest'
import { describeRun, isDockerWanted, sandbox, statusOf, type Sandbox } from './cli.ts'
import { docker } from './machine.ts'

/** One image of the stack, for a registry of this test. */
function writeImage(box: Sandbox, registry: string | undefined): void {
  box.write({
    'app/Dockerfile': 'FROM busybox:stable\nCMD ["sleep", "100000"]\n',
    'profiles/here.yaml': `target: compose\n${registry === undefined ? '' : 'registry: main\n'}`,
    'iamstack.yaml': `version: 1
name: ${box.name}
images: { app: { context: ./app } }
services: { app: { image: app, stop: { grace: 0s } } }
${registry === undefined ? '' : `registries: { main: { host: "${registry}", namespace: team } }`}
`,
  })
}

function startRegistry(box: Sandbox): string {
  const name = `${box.name}-registry`
  docker('run', '--detach', '--name', name, '--publish', '127.0.0.1::5000', 'registry:2')
  onTestFinished(() => void docker('rm', '--force', '--volumes', name))
  return `localhost:${docker('port', name, '5000').split(':').at(-1) ?? ''}`
}

describe.runIf(isDockerWanted)('push', () => {
  test('builds what is missing, pushes it, and prints a reference that runs elsewhere without being built (S19, S21)', async () => {
    const box = sandbox()
    const registry = startRegistry(box)
    writeImage(box, registry)
    const on = ['--profile', 'here']
    const first = await box.succeed(['push', ...on])
    const [, reference = ''] = /^app {2}(\S+)\n$/.exec(first.stdout) ?? []
    expect(reference).toMatch(new RegExp(`^${registry}/team/app@sha256:[0-9a-f]{64}$`))
    // S23: nothing is built again, and the registry has every layer.
    const again = await box.succeed(['push', ...on, '-o', 'json'])
    expect(JSON.parse(again.stdout)).toEqual([
      { image: 'app', reference: expect.stringMatching(/:[0-9a-f]{12}$/), digest: reference.split('@')[1] },
    ])

    const [{ reference: tagged }] = JSON.parse(again.stdout) as [{ readonly reference: string }]
    docker('image', 'rm', '--force', tagged)
    await box.succeed(['up', ...on, '--no-build', '--image', `app=${reference}`])
    expect(
      (await statusOf(box, [...on, '--set', 'services.app.replicas=1'])).get('service/app')?.health,
    ).toBe('ready')
    await box.succeed(['down', ...on, '--all', '--yes'])
    docker('image', 'rm', '--force', reference)
  })

  test('without a registry it says at every image what is missing, and pushes nothing', async () => {
    const box = sandbox()
    writeImage(box, undefined)
    const ended = await box.run(['push', '--profile', 'here'])
    expect(ended.code, describeRun(['push'], ended)).toBe(2)
    expect(ended.stderr.replaceAll(box.folder, '.').replaceAll(box.name, 'NAME')).toMatchInlineSnapshot(`
      "iamstack.yaml:3:11 error push/no-registry: the image app has no registry to be pushed to
        2 | name: NAME
        3 | images: { app: { context: ./app } }
          |           ^^^
        4 | services: { app: { image: app, stop: { grace: 0s } } }
        hint: declare one under registries: { NAME: { host: … } }, and choose it in the profile: registry: NAME
      "
    `)
  })
})
