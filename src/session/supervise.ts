import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { createRouteServer, type RouteServer } from './gateway-routes.ts'
import { createGateway } from './gateway.ts'
import { forwardsFolder, gatewayFile, jobFile, serviceFile, servicesFolder, tasksFolder } from './layout.ts'
import { createLogKeeper } from './log-keeper.ts'
import {
  protocolVersion,
  type Answer,
  type FromClient,
  type FromSession,
  type GatewaySpec,
  type Request,
  type ServiceSpec,
  type State,
} from './protocol.ts'
import { readRecord, writeRecord, type GatewayRecord, type JobRecord, type ServiceRecord } from './records.ts'
import { becomeSession } from './session-lock.ts'
import { removeTraces } from './session-traces.ts'
import { instanceHash, makeSocketFolder, socketPath } from './socket-path.ts'
import { lineOver, type Line } from './socket.ts'
import type { HeldForwards } from './supervise-forwards.ts'
import { jobMarker, removeTaskFolder, SupervisedJob } from './supervise-job.ts'
import { killMarked } from './supervise-process.ts'
import { removeServiceFolder, SupervisedService } from './supervise-service.ts'

export interface SessionOptions {
  /** The state folder of the instance. */
  readonly state: string
  /** Which build this is; a command of another build replaces the session. */
  readonly build: string
  /** How long it waits for its first client, in milliseconds. Default: 3000. */
  readonly patience?: number
}

/**
 * The background program of one instance: starts, watches and ends its processes on behalf of commands that come and go. It holds
 * nothing that is not also in the state folder, so killing it loses nothing and the next one goes on from there. Comes back when
 * there is nothing left to supervise and nobody is connected, when a newer one asks it to go, or at once when another lives; the
 * caller then ends its process.
 */
export async function runSession(options: SessionOptions): Promise<void> {
  const { state, build } = options
  mkdirSync(state, { recursive: true, mode: 0o700 })
  const path = socketPath(state)
  const lock = await becomeSession(state, path)
  if (!lock) return
  makeSocketFolder(dirname(path))
  const session = new Session(state)
  await session.adopt()

  const over = new Promise<'idle' | 'quit'>((resolve) => {
    session.onEnd = resolve
  })
  const hello: FromSession = {
    type: 'hello',
    protocol: protocolVersion,
    build,
    pid: process.pid,
    startedAt: Date.now(),
  }
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    session.serve(socket, hello)
  })
  rmSync(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path, backlog: 64 }, resolve)
  })
  if (process.platform !== 'win32') chmodSync(path, 0o600)
  process.once('SIGTERM', () => session.onEnd('quit'))
  setTimeout(() => session.leaveIfIdle(), options.patience ?? 3000).unref()

  const why = await over
  session.release()
  server.close()
  rmSync(path, { force: true })
  lock.release()
  if (why === 'idle') removeTraces(state)
  session.disconnect()
}

class Session {
  onEnd: (why: 'idle' | 'quit') => void = () => undefined
  readonly #state: string
  readonly #instance: string
  readonly #logs = createLogKeeper()
  readonly #gateway = createGateway((name) => {
    const service = this.#services.get(name)
    if (service) this.#push(service.state())
  })
  readonly #services = new Map<string, SupervisedService>()
  readonly #jobs = new Map<string, SupervisedJob>()
  readonly #sockets = new Set<Socket>()
  /** Of clients that have more to say. */
  readonly #lines = new Set<Line<FromClient, FromSession>>()
  readonly #subscribers = new Set<Line<FromClient, FromSession>>()
  #routes: RouteServer | undefined
  #forwards: HeldForwards | undefined
  /** Requests that are being carried out. */
  #busy = 0

  constructor(state: string) {
    this.#state = state
    this.#instance = instanceHash(state)
  }

  async adopt(): Promise<void> {
    const services = namesIn(servicesFolder(this.#state)).map(async (name) => {
      const record = readRecord(serviceFile(this.#state, name)) as ServiceRecord | undefined
      if (!record) removeServiceFolder(this.#state, name)
      else this.#services.set(name, await SupervisedService.adopt(this.#serviceContext(), record))
    })
    const jobs = namesIn(tasksFolder(this.#state)).map(async (name) => {
      const record = readRecord(jobFile(this.#state, name)) as JobRecord | undefined
      if (!record) removeTaskFolder(this.#state, name)
      else this.#jobs.set(name, await SupervisedJob.adopt(this.#jobContext(), record))
    })
    await Promise.all([...services, ...jobs])
    const gateway = readRecord(gatewayFile(this.#state)) as GatewayRecord | undefined
    if (gateway) this.#route(gateway.spec)
    if (namesIn(forwardsFolder(this.#state)).length > 0) await this.#openForwards()
    for (const service of this.#services.values())
      if (service.isLeaving()) void this.#removeService(service.name)
  }

  serve(socket: Socket, hello: FromSession): void {
    const line = lineOver<FromClient, FromSession>(socket)
    this.#lines.add(line)
    this.#sockets.add(socket)
    line.send(hello)
    line.onMessage(({ id, ...request }) => {
      void this.#carryOut(request, line).then((answer) => {
        line.send({ type: 'answer', id, ...answer })
      })
    })
    socket.once('end', () => {
      this.#forget(line)
      if (!this.leaveIfIdle()) line.end()
    })
    line.onClose(() => {
      this.#sockets.delete(socket)
      this.#forget(line)
      this.leaveIfIdle()
    })
  }

  /** True when it leaves. */
  leaveIfIdle(): boolean {
    const isIdle =
      this.#lines.size === 0 &&
      this.#busy === 0 &&
      this.#routes === undefined &&
      (this.#forwards?.isEmpty() ?? true) &&
      [...this.#services.values()].every((service) => service.isIdle()) &&
      [...this.#jobs.values()].every((job) => job.isIdle())
    if (isIdle) this.onEnd('idle')
    return isIdle
  }

  release(): void {
    this.#logs.stop()
    this.#routes?.close()
    this.#gateway.close()
    this.#forwards?.close()
    for (const service of this.#services.values()) service.release()
  }

  /** Closes the sockets, those of clients that said goodbye included: that is how they learn that all traces are gone. */
  disconnect(): void {
    for (const socket of this.#sockets) socket.destroySoon()
  }

  async #carryOut(request: Request, line: Line<FromClient, FromSession>): Promise<Answer> {
    this.#busy += 1
    try {
      return await this.#answer(request, line)
    } catch (error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
      return { ok: false, problem: { kind: 'internal', message, evidence: [] } }
    } finally {
      this.#busy -= 1
      this.leaveIfIdle()
    }
  }

  async #answer(request: Request, line: Line<FromClient, FromSession>): Promise<Answer> {
    switch (request.type) {
      case 'apply':
        this.#service(request.service).apply(request.service, request.environments, request.how)
        return { ok: true }
      case 'remove':
        await this.#removeService(request.service)
        return { ok: true }
      case 'stop':
        await this.#services.get(request.service)?.stop()
        return { ok: true }
      case 'run':
        await this.#jobs.get(request.job.name)?.stop()
        this.#jobs.set(
          request.job.name,
          SupervisedJob.start(this.#jobContext(), request.job, request.environment),
        )
        return { ok: true }
      case 'note-job':
        this.#jobs.set(request.job.name, SupervisedJob.noted(this.#jobContext(), request.job))
        return { ok: true }
      case 'remove-job':
        await this.#jobs.get(request.job)?.stop()
        await killMarked((marker) => marker.startsWith(jobMarker(this.#instance, request.job)))
        this.#jobs.delete(request.job)
        removeTaskFolder(this.#state, request.job)
        return { ok: true }
      case 'gateway':
        writeRecord(gatewayFile(this.#state), { spec: request.gateway } satisfies GatewayRecord)
        this.#route(request.gateway)
        return { ok: true }
      case 'remove-gateway':
        this.#routes?.close()
        this.#routes = undefined
        rmSync(gatewayFile(this.#state), { force: true })
        return { ok: true }
      case 'forward':
        return (await this.#openForwards()).hold(request.forward)
      case 'remove-forward':
        await this.#forwards?.remove(request.forward)
        return { ok: true }
      case 'subscribe':
        this.#subscribers.add(line)
        return { ok: true, states: this.#states() }
      case 'list':
        await this.#forwards?.tried()
        return { ok: true, states: this.#states() }
      case 'quit':
        setImmediate(() => this.onEnd('quit'))
        return { ok: true }
      default:
        return request satisfies never
    }
  }

  #service(spec: ServiceSpec): SupervisedService {
    const known = this.#services.get(spec.name)
    if (known) return known
    const record = { spec, generation: 0, isStopped: false, isLeaving: false }
    const service = new SupervisedService(this.#serviceContext(), record)
    this.#services.set(spec.name, service)
    return service
  }

  async #removeService(name: string): Promise<void> {
    await this.#services.get(name)?.remove()
    this.#services.delete(name)
    removeServiceFolder(this.#state, name)
  }

  #route(spec: GatewaySpec): void {
    if (this.#routes) this.#routes.become(spec)
    else
      this.#routes = createRouteServer(spec, this.#gateway, () => {
        if (this.#routes) this.#push(this.#routes.state())
      })
  }

  /** Loaded only where there is a cluster. */
  async #openForwards(): Promise<HeldForwards> {
    const { holdForwards } = await import('./supervise-forwards.ts')
    return (this.#forwards ??= holdForwards(this.#state, (state) => this.#push(state)))
  }

  #serviceContext(): ConstructorParameters<typeof SupervisedService>[0] {
    return {
      state: this.#state,
      instance: this.#instance,
      logs: this.#logs,
      gateway: this.#gateway,
      changed: (state) => {
        this.#push(state)
      },
    }
  }

  #jobContext(): Parameters<typeof SupervisedJob.start>[0] {
    return {
      state: this.#state,
      instance: this.#instance,
      logs: this.#logs,
      changed: (state) => {
        this.#push(state)
        this.leaveIfIdle()
      },
    }
  }

  #states(): State[] {
    return [
      ...[...this.#services.values()].map((service) => service.state()),
      ...[...this.#jobs.values()].map((job) => job.state()),
      ...(this.#routes ? [this.#routes.state()] : []),
      ...(this.#forwards?.states() ?? []),
    ]
  }

  #push(state: State): void {
    for (const line of this.#subscribers) line.send({ type: 'state', state })
  }

  #forget(line: Line<FromClient, FromSession>): void {
    this.#lines.delete(line)
    this.#subscribers.delete(line)
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
