import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Passage, passBytes } from './gateway-passage.ts'

/** A replica that takes connections now. */
export interface Backend {
  readonly slot: number
  readonly host: string
  readonly port: number
}

/** The addresses that outlive replicas: each is spread over those that are ready, in turn. */
export interface Gateway {
  /** Makes exactly these ports of a service answer, by the name of the port. */
  listen(
    service: string,
    addresses: Readonly<Record<string, number>>,
    backends: (port: string) => Backend[],
  ): void
  forget(service: string): void
  /** Undefined when every address of the service answers. */
  whyNotListening(service: string): string | undefined
  /** A connection to the next replica that accepts one; undefined when none did in time. */
  open(service: string, port: string): Promise<Passage | undefined>
  /** Comes back when no client is in the middle of something with a replica, or when so many milliseconds went by. */
  drained(service: string, slot: number, milliseconds: number): Promise<void>
  close(): void
}

/** How long a client is kept waiting while no replica is ready (a restart), in milliseconds. */
const patience = 10_000
/** A connection is at rest when the replica spoke last and nothing moved for so many milliseconds. */
const restAfter = 30

interface Address {
  readonly port: number
  server: Server | undefined
  problem: string | undefined
  isClosed: boolean
}

interface Entry {
  backends: (port: string) => Backend[]
  readonly addresses: Map<string, Address>
  readonly clients: Set<Socket>
  readonly passages: Set<Passage>
  /** Connections that are being made, by slot: they count as traffic already. */
  readonly opening: Map<number, number>
  turn: number
}

/** `changed` is called with the name of a service whose addresses began or ceased to answer. */
export function createGateway(changed: (service: string) => void): Gateway {
  const entries = new Map<string, Entry>()

  const open = async (service: string, port: string): Promise<Passage | undefined> => {
    const deadline = Date.now() + patience
    for (let rounds = 1; Date.now() < deadline; rounds += 1) {
      const entry = entries.get(service)
      if (!entry) return undefined
      const backends = entry.backends(port)
      const first = entry.turn++
      for (let index = 0; index < backends.length; index += 1) {
        const backend = backends[(first + index) % backends.length]
        const passage = backend && (await openTo(backend, entry))
        if (passage) return passage
      }
      await sleep(Math.min(rounds * 5, 50))
    }
    return undefined
  }

  const start = (service: string, name: string, address: Address): void => {
    if (address.isClosed) return
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (client) => {
      const entry = entries.get(service)
      entry?.clients.add(client)
      client.once('close', () => entry?.clients.delete(client))
      void passBytes(client, () => open(service, name))
    })
    address.server = server
    server.once('error', (error: NodeJS.ErrnoException) => {
      address.problem = `port ${String(address.port)} could not be opened (${error.code ?? error.message})`
      changed(service)
      // Often it is the replica that had the port for itself and is about to end.
      setTimeout(() => start(service, name, address), 50)
    })
    server.listen({ port: address.port, host: '127.0.0.1' }, () => {
      address.problem = undefined
      changed(service)
    })
  }

  return {
    open,
    listen(service, addresses, backends) {
      const entry = entries.get(service) ?? newEntry(backends)
      entries.set(service, entry)
      entry.backends = backends
      for (const [name, address] of entry.addresses) {
        if (addresses[name] === address.port) continue
        closeAddress(address)
        entry.addresses.delete(name)
      }
      for (const [name, port] of Object.entries(addresses)) {
        if (entry.addresses.has(name)) continue
        const address: Address = {
          port,
          server: undefined,
          problem: 'its address is not open yet',
          isClosed: false,
        }
        entry.addresses.set(name, address)
        start(service, name, address)
      }
    },
    forget(service) {
      const entry = entries.get(service)
      entries.delete(service)
      if (entry) closeEntry(entry)
    },
    whyNotListening(service) {
      return [...(entries.get(service)?.addresses.values() ?? [])].find(
        ({ problem }) => problem !== undefined,
      )?.problem
    },
    async drained(service, slot, milliseconds) {
      const entry = entries.get(service)
      const deadline = Date.now() + milliseconds
      while (entry && Date.now() < deadline) {
        const passages = [...entry.passages].filter((passage) => passage.slot === slot)
        for (const passage of passages) passage.leave(restAfter)
        if (!entry.opening.has(slot) && passages.every((passage) => passage.isAtRest(restAfter))) return
        await sleep(5)
      }
    },
    close() {
      for (const entry of entries.values()) closeEntry(entry)
      entries.clear()
    },
  }
}

function newEntry(backends: Entry['backends']): Entry {
  return {
    backends,
    addresses: new Map(),
    clients: new Set(),
    passages: new Set(),
    opening: new Map(),
    turn: 0,
  }
}

function closeEntry(entry: Entry): void {
  for (const address of entry.addresses.values()) closeAddress(address)
  for (const client of entry.clients) client.destroy()
}

function closeAddress(address: Address): void {
  address.isClosed = true
  address.server?.close()
}

/** Undefined when the replica refuses. */
async function openTo(backend: Backend, entry: Entry): Promise<Passage | undefined> {
  const { slot } = backend
  entry.opening.set(slot, (entry.opening.get(slot) ?? 0) + 1)
  const socket = await connectTo(backend)
  if (socket) {
    const passage = new Passage(socket, slot)
    entry.passages.add(passage)
    socket.once('close', () => entry.passages.delete(passage))
    settle(entry, slot)
    return passage
  }
  settle(entry, slot)
  return undefined
}

function settle({ opening }: Entry, slot: number): void {
  const left = (opening.get(slot) ?? 1) - 1
  if (left > 0) opening.set(slot, left)
  else opening.delete(slot)
}

/** Undefined when it is refused or takes longer than a second. */
function connectTo(backend: Backend): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port: backend.port, host: backend.host, noDelay: true, allowHalfOpen: true })
    const timer = setTimeout(() => socket.destroy(), 1000)
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      clearTimeout(timer)
      resolve(undefined)
    })
  })
}
