import { describe, expect, test } from 'vitest'
import { sandbox, targets } from './cli.ts'

const server = `import { createServer } from 'node:http'
for (const port of process.argv.slice(2))
  createServer((_request, response) => response.end('hello')).listen(Number(port))
`

describe.each(targets.filter((target) => target === 'process'))('dev on %s', (target) => {
  test('URLs are told once it answers, and again when the stack file brings another', async () => {
    const box = sandbox(target)
    box.write({
      'iamstack.yaml': `name: ${box.name}
services:
  web:
    process: { run: 'node server.mjs \${self.port.http} \${self.port.admin}', inputs: [./server.mjs] }
    ports: { http: 8000, admin: 8001 }
    expose: { http: local }
    health: { http: /, port: http, every: 200ms, retries: 3 }
`,
      'server.mjs': 'process.exit(1)\n',
    })
    const dev = box.start(['dev', '--profile', target, '--progress', 'json'])
    await dev.event('message.reported', ({ text }) => text.startsWith('watching'))
    expect(dev.events().filter(({ type }) => type === 'url.opened')).toEqual([])
    box.write({ 'server.mjs': server })
    const { url } = await dev.event('url.opened', ({ port }) => port === 'http')
    expect(await (await fetch(url)).text()).toBe('hello')
    dev.forget()
    box.edit('iamstack.yaml', 'expose: { http: local }', 'expose: { http: local, admin: local }')
    const admin = await dev.event('url.opened', ({ port }) => port === 'admin')
    expect(await (await fetch(admin.url.replace('tcp:', 'http:'))).text()).toBe('hello')
    dev.kill('SIGINT')
    await dev.ended
    await box.succeed(['down', '--profile', target, '--all', '--yes'])
  })
})
