import { rmSync } from 'node:fs'
import type { ProcessIdentity } from '../platform/process-identity.ts'
import type { Backend, Gateway } from './gateway.ts'
import { environmentFile, replicaFile, serviceFile, serviceFolder } from './layout.ts'
import type { LogKeeper } from './log-keeper.ts'
import type { ApplyMode, Environments, ServiceSpec, ServiceState, SlotEnvironment } from './protocol.ts'
import { readRecord, writeRecord, type ReplicaRecord, type ServiceRecord } from './records.ts'
import { watchHealth } from './supervise-health.ts'
import { probeOf } from './supervise-probe.ts'
import { endProcess, findRecorded, killMarked } from './supervise-process.ts'
import { Replica } from './supervise-replica.ts'

export interface ServiceContext {
  readonly state: string
  /** Begins every marker of this instance. */
  readonly instance: string
  readonly logs: LogKeeper
  readonly gateway: Gateway
  readonly changed: (state: ServiceState) => void
}

/**
 * Keeps one service as it was last told: compares what lives in its slots with what should and takes one step at a time, again
 * after every change. A newer order during a roll-out simply changes what the next step is.
 */
export class SupervisedService {
  readonly name: string
  readonly #context: ServiceContext
  #record: ServiceRecord
  readonly #replicas = new Map<number, Replica>()
  #working: Promise<void> | undefined
  #again = false
  #external: ServiceState['external']
  #externalWatch: AbortController | undefined

  constructor(context: ServiceContext, record: ServiceRecord) {
    this.#context = context
    this.#record = record
    this.name = record.spec.name
  }

  /** Takes over what an earlier session left: processes that still run, and whatever it had not finished. */
  static async adopt(context: ServiceContext, record: ServiceRecord): Promise<SupervisedService> {
    const service = new SupervisedService(context, record)
    service.#listen()
    for (const slot of record.spec.slots) await service.#adoptSlot(slot.number)
    service.#watchExternal()
    service.#poke()
    return service
  }

  state(): ServiceState {
    const { spec, generation, isStopped } = this.#record
    return {
      kind: 'service',
      name: this.name,
      parts: spec.parts,
      generation,
      wanted: spec.replicas,
      replicas: [...this.#replicas.values()]
        .map((replica) => replica.state())
        .sort((a, b) => a.slot - b.slot),
      isStopped,
      unlistened: this.#context.gateway.whyNotListening(this.name),
      external: this.#external,
    }
  }

  /** Whether there is anything that needs a session. */
  isIdle(): boolean {
    if (this.#working || this.#record.spec.external || Object.keys(this.#record.spec.addresses).length > 0)
      return false
    const phases = [...this.#replicas.values()].map((replica) => replica.state().phase)
    const isOver =
      this.#record.isStopped || this.#record.isLeaving || phases.length === this.#record.spec.replicas
    return isOver && phases.every((phase) => phase === 'ended')
  }

  isLeaving(): boolean {
    return this.#record.isLeaving
  }

  apply(spec: ServiceSpec, environments: Environments, how: ApplyMode): void {
    const owner = serviceFolder(this.#context.state, this.name)
    for (const [slot, environment] of Object.entries(environments)) {
      writeRecord(environmentFile(owner, Number(slot)), environment)
    }
    this.#become({
      spec,
      generation: this.#record.generation + (how.kind === 'replace' ? 1 : 0),
      isStopped: false,
      isLeaving: false,
    })
    this.#listen()
    for (const replica of this.#replicas.values()) {
      if (replica.generation !== this.#record.generation) continue
      if (how.kind === 'reload') replica.signal(how.signal)
      replica.refresh()
    }
    this.#watchExternal()
    this.#poke()
  }

  async stop(): Promise<void> {
    this.#become({ ...this.#record, isStopped: true })
    await this.#endAll()
    const owner = serviceFolder(this.#context.state, this.name)
    for (const slot of this.#record.spec.slots) rmSync(environmentFile(owner, slot.number), { force: true })
  }

  /** Ends every process and removes every file; volumes lie elsewhere. */
  async remove(): Promise<void> {
    this.#become({ ...this.#record, isLeaving: true })
    await this.#endAll()
    removeServiceFolder(this.#context.state, this.name)
  }

  release(): void {
    this.#externalWatch?.abort()
    for (const replica of this.#replicas.values()) replica.release()
  }

  async #endAll(): Promise<void> {
    this.#externalWatch?.abort()
    this.#poke()
    await this.#working
    this.#context.gateway.forget(this.name)
    this.#context.changed(this.state())
  }

  #become(record: ServiceRecord): void {
    this.#record = record
    writeRecord(serviceFile(this.#context.state, this.name), record)
  }

  #listen(): void {
    this.#context.gateway.listen(this.name, this.#record.spec.addresses, (port) => this.#backends(port))
  }

  #backends(name: string): Backend[] {
    const { external } = this.#record.spec
    const elsewhere = external?.ports[name]
    if (external && elsewhere !== undefined) return [{ slot: 0, host: external.host, port: elsewhere }]
    return [...this.#replicas.values()].flatMap((replica) => {
      const port = replica.ports[name]
      return port !== undefined && replica.state().phase === 'ready'
        ? [{ slot: replica.slot, host: '127.0.0.1', port }]
        : []
    })
  }

  #poke(): void {
    this.#context.changed(this.state())
    if (this.#working) {
      this.#again = true
      return
    }
    // Never within the call: what pokes may be in the middle of a change.
    this.#working = Promise.resolve()
      .then(() => this.#work())
      .finally(() => {
        this.#working = undefined
        this.#context.changed(this.state())
      })
  }

  async #work(): Promise<void> {
    do {
      this.#again = false
      while (await this.#step()) this.#context.changed(this.state())
    } while (this.#isPoked())
  }

  #isPoked(): boolean {
    return this.#again
  }

  /** One step towards what is wanted; false when there is none to take now. */
  async #step(): Promise<boolean> {
    const { spec, generation, isStopped, isLeaving } = this.#record
    const all = [...this.#replicas.values()]
    if (isStopped || isLeaving) return this.#end(all)
    const old = all.filter((replica) => replica.generation !== generation)
    const present = all.filter((replica) => replica.generation === generation)
    const surplus = present.sort((a, b) => a.slot - b.slot).slice(spec.replicas)
    if (surplus.length > 0) return this.#end(surplus)
    const useless = spec.overlaps ? old.filter((replica) => replica.state().phase !== 'ready') : old
    if (useless.length > 0) return this.#end(useless)
    const missing = spec.replicas - present.length
    if (missing > 0) {
      const free = spec.slots.filter(({ number }) => !this.#replicas.has(number)).slice(0, missing)
      if (free.length === 0) return this.#end(old.slice(0, 1))
      for (const slot of free) this.#start(slot.number)
      return true
    }
    if (old.length > 0 && present.every((replica) => replica.state().phase === 'ready'))
      return this.#end(old.slice(0, 1))
    return false
  }

  async #end(replicas: readonly Replica[]): Promise<boolean> {
    await Promise.all(
      replicas.map(async (replica) => {
        await replica.stop()
        this.#replicas.delete(replica.slot)
      }),
    )
    return replicas.length > 0
  }

  #start(slot: number, earlier = this.#replicaRecord(slot), found?: ProcessIdentity): void {
    const { state, logs, gateway } = this.#context
    const spec = this.#record.spec.slots.find(({ number }) => number === slot)
    const environment = readRecord(environmentFile(serviceFolder(state, this.name), slot)) as
      SlotEnvironment | undefined
    if (!spec) return
    if (!environment) {
      // Stopped, or somebody removed the file: without it a process would start with nothing it needs.
      this.#become({ ...this.#record, isStopped: true })
      return
    }
    const generation = found && earlier ? earlier.generation : this.#record.generation
    const context = {
      state,
      service: this.name,
      generation,
      marker: this.#marker(slot, generation),
      slot: spec,
      environment,
      spec: () => this.#record.spec,
      health: () => (this.#record.spec.slots.find(({ number }) => number === slot) ?? spec).health,
      logs,
      probe: probeOf({ ports: spec.ports, host: '127.0.0.1', cwd: spec.cwd, environment: environment.main }),
      changed: () => {
        this.#poke()
      },
      drained: (milliseconds: number) => gateway.drained(this.name, slot, milliseconds),
    }
    this.#replicas.set(slot, new Replica(context, earlier, found))
  }

  #marker(slot: number, generation: number): string {
    return `${this.#context.instance}/${this.name}/${String(slot)}/${String(generation)}`
  }

  async #adoptSlot(slot: number): Promise<void> {
    const record = this.#replicaRecord(slot)
    if (!record) return
    const found = await findRecorded(record)
    const isMain = record.phase !== 'preparing'
    // An init step that was cut off from its replica is begun anew with it, and must not run twice at once.
    if (found && !isMain) await endProcess(found, record.marker, { signal: 'SIGKILL', grace: 0 })
    if (!found) await killMarked((marker) => marker === record.marker)
    const isWanted =
      record.generation === this.#record.generation && !this.#record.isLeaving && !this.#record.isStopped
    if (found && isMain) this.#start(slot, record, found)
    else if (isWanted) this.#start(slot, record)
  }

  #replicaRecord(slot: number): ReplicaRecord | undefined {
    return readRecord(replicaFile(this.#context.state, this.name, slot)) as ReplicaRecord | undefined
  }

  #watchExternal(): void {
    this.#externalWatch?.abort()
    const { external, health } = this.#record.spec
    if (!external || this.#record.isLeaving) return
    this.#externalWatch = new AbortController()
    const told = (isReachable: boolean, detail: string): void => {
      this.#external = { isReachable, detail }
      this.#context.changed(this.state())
    }
    let last = 'not probed yet'
    const listener = {
      ready: () => {
        told(true, last)
      },
      unready: () => {
        told(false, last)
      },
      dead: () => {
        told(false, last)
      },
      probed: (detail: string) => {
        last = detail
        if (!this.#external?.isReachable) told(false, detail)
      },
    }
    this.#external = { isReachable: false, detail: last }
    const { host, ports } = external
    const probe = probeOf({ ports, host, cwd: this.#context.state, environment: {} })
    if (health)
      void watchHealth(
        { ...health, liveness: undefined, startup: undefined },
        probe,
        listener,
        this.#externalWatch.signal,
      )
  }
}

/** The record goes first: a folder without one is rubbish to whoever finds it. */
export function removeServiceFolder(state: string, service: string): void {
  rmSync(serviceFile(state, service), { force: true })
  rmSync(serviceFolder(state, service), { recursive: true, force: true })
}
