import { expect, test } from 'vitest'
import { folderWith, runCommand } from '../commands/run-command.ts'

const stack = `name: todo
services:
  api:
    image: busybox:1.36
    ports: { http: 80 }
    health: { tcp: http }
    resources: { limits: { memory: 64Mi } }
    env: { TOKEN: { secret: s, key: token } }
secrets: { s: { token: { generate: 24 } } }
`
const config = `apiVersion: v1
kind: ConfigMap
metadata: { name: app }
data: { db.password: hunter2 }
`

test('lint says what it found and how grave it is; --strict fails on warnings (S106)', async () => {
  const cwd = await folderWith({ 'iamstack.yaml': stack })
  const fine = await runCommand(['lint', '-p', 'compose'], { cwd })
  expect(fine.code).toBe(0)
  expect(fine.stdout.replaceAll(`${cwd}/`, '')).toMatchInlineSnapshot(`
    "iamstack.yaml:8:19 info lint/ST001: service api: TOKEN is a secret in the environment, which every child process and crash report sees (secret-by-env)
      7 |     resources: { limits: { memory: 64Mi } }
      8 |     env: { TOKEN: { secret: s, key: token } }
        |                   ^^^^^^^^^^^^^^^^^^^^^^^^^
      9 | secrets: { s: { token: { generate: 24 } } }
      hint: mount it: \`mounts: { /run/secrets/s: { secret: s } }\`

    0 of 1 OK; 0 CRITICAL, 0 WARNING, 1 INFO; 0 ignored (44 rules)
    "
  `)
  expect((await runCommand(['lint', '-p', 'compose', '--strict'], { cwd })).code).toBe(0)

  const warned = await folderWith({ 'iamstack.yaml': stack.replace('    health: { tcp: http }\n', '') })
  expect((await runCommand(['lint', '-p', 'compose'], { cwd: warned })).code).toBe(0)
  expect((await runCommand(['lint', '-p', 'compose', '--strict'], { cwd: warned })).code).toBe(2)
})

test('lint looks at raw manifests whatever the target; critical findings fail it', async () => {
  const cwd = await folderWith({ 'iamstack.yaml': `${stack}manifests: ./k8s\n`, 'k8s/app.yaml': config })
  const ran = await runCommand(['lint', '-p', 'compose', '-o', 'json'], { cwd })
  expect(ran.code).toBe(2)
  const result = JSON.parse(ran.stdout) as { findings: { rule: string }[]; grades: Record<string, string> }
  expect(result.findings.map(({ rule }) => rule)).toEqual(['KM015', 'ST001'])
  expect(result.grades).toEqual({ 'service api': 'INFO', 'ConfigMap app': 'CRITICAL' })
  const sarif = await runCommand(['lint', '-p', 'compose', '-o', 'sarif'], { cwd })
  expect((JSON.parse(sarif.stdout) as { runs: { results: unknown[] }[] }).runs[0]?.results).toHaveLength(2)
})

test('check tells of every profile what its target would refuse or ignore', async () => {
  const cwd = await folderWith({
    'iamstack.yaml': stack,
    'profiles/local.yaml': 'target: process\n',
    'profiles/box.yaml': 'target: compose\nservices: { api: { annotations: { a: b } } }\n',
    'profiles/broken.yaml': 'target: compose\nservices: { api: { imagee: x } }\n',
    'profiles/box.local.yaml': 'vars: {}\n',
  })
  const ran = await runCommand(['check'], { cwd })
  expect(ran.code).toBe(2)
  expect(ran.stdout.replaceAll(`${cwd}/`, '')).toMatchInlineSnapshot(`
    "box (compose): nothing refused, 1 ignored or doubtful

    profiles/box.yaml:2:20 warning compose/annotations: service api: Docker has no annotations
      1 | target: compose
      2 | services: { api: { annotations: { a: b } } }
        |                    ^^^^^^^^^^^

    broken: 1 refused, 0 ignored or doubtful

    profiles/broken.yaml:2:20 error schema/unknown-key: services.api.imagee is not a key that exists here
      1 | target: compose
      2 | services: { api: { imagee: x } }
        |                    ^^^^^^
      hint: did you mean \`image\`?

    local: 1 refused, 0 ignored or doubtful

    iamstack.yaml:3:3 error process/missing: service api does not say how it runs without containers
      2 | services:
      3 |   api:
        |   ^^^
      4 |     image: busybox:1.36
      hint: add \`process: { run: … }\`, make it \`external\`, or remove it in this profile: \`services: { api: null }\`
    "
  `)
  const one = await runCommand(['check', '-p', 'box', '-o', 'json'], { cwd })
  expect(one.code).toBe(0)
  expect(JSON.parse(one.stdout)).toMatchObject({
    ok: true,
    profiles: [{ profile: 'box', target: 'compose', findings: [{ code: 'compose/annotations' }] }],
  })
})
