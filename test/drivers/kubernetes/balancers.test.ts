import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { untilBalancersAnswer } from '../../../src/drivers/kubernetes/ready/balancers.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** Waits for a load balancer on this machine, which is told of each connection and its number. */
async function waitFor(
  balancer: (socket: Socket, connection: number) => void,
  { where, hostname }: { readonly where: 'cloud' | 'localhost'; readonly hostname: string },
): Promise<{ readonly told: readonly string[]; readonly connections: number }> {
  let connections = 0
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    balancer(socket, (connections += 1))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web-lb' },
    spec: { type: 'LoadBalancer', ports: [{ port }] },
    status: { loadBalancer: { ingress: [{ hostname }] } },
  }
  const told: string[] = []
  await untilBalancersAnswer({
    client: { get: () => Promise.resolve(service) },
    namespace: 'shop',
    services: ['web-lb'],
    where,
    wanted: { id: 'service/web' },
    run: {
      signal: AbortSignal.timeout(60_000),
      emit: () => undefined,
      progress: (_id, text) => told.push(text),
    },
  })
  return { told, connections }
}

test.each([
  { where: 'cloud', hostname: '127.0.0.1' },
  // Whatever address such a cluster gives out, it is this machine that answers.
  { where: 'localhost', hostname: 'balancer.invalid' },
] as const)('one that hangs up has no healthy target yet: $where (S169)', { timeout: 60_000 }, async (at) => {
  const { told, connections } = await waitFor((socket, connection) => {
    if (connection < 3) socket.end()
    else socket.on('data', () => undefined)
  }, at)
  expect(new Set(told)).toEqual(new Set(['load balancer web-lb: no healthy target yet']))
  expect(connections).toBeGreaterThanOrEqual(3)
})

test(
  'one way of many that leads to a pod that is gone is waited for (S114)',
  { timeout: 60_000 },
  async () => {
    const { told, connections } = await waitFor(
      (socket, connection) => {
        if (connection <= 12 && connection % 4 === 0) socket.end()
        else socket.on('data', () => undefined)
      },
      { where: 'localhost', hostname: 'localhost' },
    )
    expect(new Set(told)).toEqual(new Set(['load balancer web-lb: no healthy target yet']))
    // What was held together with one that was not counts for nothing.
    expect(connections).toBeGreaterThanOrEqual(12 + 16)
  },
)
