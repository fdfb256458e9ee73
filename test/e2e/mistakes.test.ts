import { expect, test } from 'vitest'
import { sandbox } from './cli.ts'

test('ten mistakes of a stack file are ten located errors of one run, and nothing is started', async () => {
  const box = sandbox()
  box.write({
    'iamstack.yaml': `version: 1
name: ${box.name}
services:
  api:
    image: busybox:stable
    environment: { A: b }
    env: { WORD: "\${UNDEFINED}" }
    ports: { http: 8000, metrics: 90000 }
    expose: { htpp: local }
    needs: { databasse: healthy }
    mounts: { /data: { volume: dta }, etc: { volume: data } }
    health: { http: /, port: http, every: soon }
  database: { image: busybox:stable, replicas: many, restart: sometimes }
volumes: { data: {} }
`,
  })
  const { code, stderr } = await box.run(['up', '--profile', 'compose'])
  expect(code).toBe(2)
  const told = stderr
    .replaceAll(box.name, 'NAME')
    .match(/^.*(error|hint|→).*$/gm)
    ?.join('\n')
  expect(told).toMatchInlineSnapshot(`
    "iamstack.yaml:6:5 error schema/unknown-key: services.api.environment is not a key that exists here
      hint: write \`env\`: \`env: { NAME: value }\`
    iamstack.yaml:7:19 error vars/undefined: UNDEFINED is not defined
      hint: declare it under \`vars\`, or write \${UNDEFINED:-default}, or $\${UNDEFINED} for a literal one
    iamstack.yaml:8:35 error schema/bad-value: services.api.ports.metrics.port must be a port from 1 to 65535, not the number 90000
    iamstack.yaml:9:15 error check/unknown-port: service \`api\` has no port \`htpp\`
      hint: did you mean \`http\`?
    iamstack.yaml:10:14 error check/unknown-need: there is no service or job \`databasse\`
      hint: did you mean \`database\`?
    iamstack.yaml:11:32 error check/unknown-volume: there is no volume \`dta\`
      hint: did you mean \`data\`?
    iamstack.yaml:11:39 error schema/bad-name: services.api.mounts.etc: the key must be an absolute path inside the container, without \`..\`
    iamstack.yaml:12:43 error schema/bad-value: services.api.health.every must be a duration such as 500ms, 2s, 1m30s or 8h, not the text "soon"
    iamstack.yaml:13:48 error schema/bad-value: services.database.replicas must be a whole number from 0 to 10000, not the text "many"
    iamstack.yaml:13:63 error schema/bad-value: services.database.restart must be always, on-failure or no, not the text "sometimes""
  `)
  expect(box.traces()).toEqual({ processes: [], docker: [], cluster: [], files: [] })
})
