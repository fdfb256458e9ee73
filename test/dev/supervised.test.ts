import { expect, it } from 'vitest'
import { supervised } from '../../src/dev/supervised.ts'
import { resolvedStack } from '../resolve/stack.ts'

const text = `
images: { app: { context: . }, named: { context: ., tag: v1 } }
services:
  closed: { image: app, read-only-root: true, dev: { restart: container } }
  open: { image: app }
  named: { image: named, read-only-root: true }
  foreign: { image: busybox:stable, read-only-root: true }
`

const asDev = async (profile: string) => {
  const { services, images } = supervised(await resolvedStack(text, { profile }), '/agents')
  const told = [...services.values()].map(({ name, isReadOnlyRoot, dev, init }) => {
    const words = [
      isReadOnlyRoot && 'read-only',
      dev.isRootOpened && 'opened',
      dev.isSupervised && 'below the agent',
      init.length > 0 && 'handed in',
    ]
    return `${name}: ${words.filter(Boolean).join(', ')}`
  })
  return [...told, [...images.keys()].join(' ')]
}

it('a debugger gets its port, and no probe ends a program that stands still', async () => {
  const debugged = `
services:
  api:
    image: busybox:stable
    ports: { http: 8000, debug: 8001 }
    health: { http: /, port: http }
    dev: { debug: 9229 }
  web: { image: busybox:stable, ports: { inspector: 9230 }, dev: { debug: 9230 } }
  plain: { image: busybox:stable }
`
  const shown = async (profile: string) => {
    const stack = supervised(await resolvedStack(debugged, { profile }), undefined)
    return [...stack.services.values()].map(({ name, ports, expose, health }) => {
      const opened = [...expose].map(([port, { kind }]) => `${port}:${String(ports.get(port)?.port)} ${kind}`)
      return `${name}: ${opened.join(', ')}${health?.liveness ? ', may be ended' : ''}`
    })
  }
  expect(await shown('compose')).toEqual([
    'api: http:8000 internal, debug:8001 internal, debug-port:9229 local',
    'web: inspector:9230 local',
    'plain: ',
  ])
})

it('lets edits in where they can be written, and nowhere else', async () => {
  const others = ['named: read-only', 'foreign: read-only']
  const own = 'app named'
  expect(await asDev('compose')).toEqual(['closed: opened', 'open: below the agent', ...others, own])
  expect(await asDev('kind')).toEqual([
    'closed: opened',
    'open: below the agent, handed in',
    ...others,
    `${own} iamstack.agent`,
  ])
})
