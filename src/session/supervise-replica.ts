import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { signalProcess } from '../platform/process-group.ts'
import type { ProcessIdentity } from '../platform/process-identity.ts'
import { logsFolder, replicaFile, serviceFolder } from './layout.ts'
import type { OpenLog } from './log-keeper.ts'
import type { End, Environment, InitSpec, ReplicaPhase, ReplicaState } from './protocol.ts'
import { writeRecord, type ReplicaRecord } from './records.ts'
import { watchHealth } from './supervise-health.ts'
import {
  backOff,
  empty,
  longestDrain,
  settling,
  shouldRestart,
  type ReplicaContext,
} from './supervise-policy.ts'
import {
  adoptProcess,
  endProcess,
  killMarked,
  startProcess,
  type WatchedProcess,
} from './supervise-process.ts'

interface Command {
  readonly command: readonly string[]
  readonly cwd: string
  readonly environment: Environment
}

/** One copy of a service in its slot: its init steps, its process, the restarts between, its end. */
export class Replica {
  readonly slot: number
  readonly generation: number
  readonly ports: Readonly<Record<string, number>>
  readonly #context: ReplicaContext
  readonly #life: Promise<void>
  readonly #stopping = new AbortController()
  readonly #released = new AbortController()
  /** Every process of it is known to be gone: an adopted one need not be looked at any more. */
  readonly #gone = new AbortController()
  #watching = new AbortController()
  #process: WatchedProcess | undefined
  #log: OpenLog | undefined
  /** Why we are ending the present process ourselves. */
  #killedBecause: string | undefined
  #stopped: Promise<void> | undefined
  #phase: ReplicaPhase = 'preparing'
  #run: number
  #startedAt: number | undefined
  #restarts = 0
  #failures = 0
  #lastEnd: End | undefined
  #lastProbe: string | undefined

  /**
   * Starts at once. `earlier` is what the slot's record says, whoever lived there; `found` its process if that still runs, and is
   * then adopted instead.
   */
  constructor(context: ReplicaContext, earlier?: ReplicaRecord, found?: ProcessIdentity) {
    this.#context = context
    this.slot = context.slot.number
    this.generation = context.generation
    this.ports = context.slot.ports
    this.#run = earlier?.run ?? 0
    if (earlier?.generation === context.generation) {
      this.#restarts = earlier.restarts
      this.#failures = earlier.failures
      this.#lastEnd = earlier.lastEnd
      this.#startedAt = earlier.startedAt
      this.#life = found ? this.#adopt(found) : this.#resume(earlier)
    } else this.#life = this.#begin()
  }

  state(): ReplicaState {
    return {
      slot: this.slot,
      generation: this.generation,
      phase: this.#phase,
      pid: this.#process?.identity.pid,
      startedAt: this.#startedAt,
      restarts: this.#restarts,
      failures: this.#failures,
      lastEnd: this.#lastEnd,
      lastProbe: this.#lastProbe,
      run: this.#run,
    }
  }

  /** Takes up changed probes. */
  refresh(): void {
    if (this.#process && ['starting', 'ready', 'unready'].includes(this.#phase)) this.#watch(this.#process)
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#process) signalProcess(this.#process.identity.pid, signal)
  }

  /** Ends it for good; comes back when no process of it is left. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop())
  }

  /** Lets go without touching the process: the session ends, the process does not. */
  release(): void {
    this.#released.abort()
    this.#watching.abort()
  }

  async #begin(): Promise<void> {
    this.#run += 1
    const { slot, environment } = this.#context
    for (const folder of slot.scratch) empty(folder)
    for (const init of slot.inits) {
      if (await this.#init(init, environment.inits[init.name] ?? environment.main)) continue
      if (!this.#isLeaving()) this.#become('ended')
      return
    }
    await this.#keepRunning(undefined)
  }

  async #adopt(found: ProcessIdentity): Promise<void> {
    this.#process = adoptProcess(found, AbortSignal.any([this.#released.signal, this.#gone.signal]))
    const logs = logsFolder(serviceFolder(this.#context.state, this.#context.service))
    this.#log = this.#context.logs.adopt(logs, this.slot, this.#run, 'main')
    this.#become('starting')
    await this.#keepRunning(this.#process)
  }

  /** The record's process is gone. What its policy says holds for an end that nobody saw, too. */
  async #resume(earlier: ReplicaRecord): Promise<void> {
    if (earlier.phase === 'ended') {
      this.#become('ended')
      return
    }
    if (earlier.phase === 'preparing' || earlier.phase === 'stopping') return this.#begin()
    if (earlier.pid !== undefined) {
      this.#ended('main', { code: undefined, signal: undefined })
      this.#failures += 1
      if (!shouldRestart(this.#context.spec().restart, this.#lastEnd)) {
        this.#become('ended')
        return
      }
      this.#restarts += 1
    }
    this.#run += 1
    await this.#keepRunning(undefined)
  }

  /** True when the step went well. */
  async #init(init: InitSpec, environment: Environment): Promise<boolean> {
    if (this.#isLeaving()) return false
    const child = await this.#start({ ...init, environment }, `init.${init.name}`, 'preparing')
    if (!child) return false
    const timer = setTimeout(() => {
      this.#kill(child, `ran longer than ${String(init.timeout)} ms`)
    }, init.timeout)
    const end = await child.ended
    clearTimeout(timer)
    this.#log?.close()
    if (end.code === 0) this.#process = undefined
    else this.#ended(init.name, end)
    return end.code === 0
  }

  async #keepRunning(adopted: WatchedProcess | undefined): Promise<void> {
    const { spec, slot, environment } = this.#context
    let pause = backOff.first
    let child = adopted
    while (!this.#isLeaving()) {
      child ??= await this.#start({ ...slot, environment: environment.main }, 'main', 'starting')
      const wasHealthy = child !== undefined && (await this.#untilEnd(child))
      child = undefined
      this.#failures = wasHealthy ? 1 : this.#failures + 1
      if (this.#isLeaving()) return
      if (!shouldRestart(spec().restart, this.#lastEnd)) {
        this.#become('ended')
        return
      }
      if (wasHealthy) pause = backOff.first
      this.#become('waiting')
      await sleep(pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
      pause = Math.min(pause * 2, backOff.most)
      this.#restarts += 1
      this.#run += 1
    }
  }

  /** Intent first, then the spawn, then its outcome: see `records.ts`. */
  async #start(what: Command, source: string, phase: ReplicaPhase): Promise<WatchedProcess | undefined> {
    const { logs, state, service, marker } = this.#context
    const log = logs.open(logsFolder(serviceFolder(state, service)), this.slot, this.#run, source)
    this.#log = log
    this.#process = undefined
    this.#startedAt = Date.now()
    this.#become(phase)
    try {
      this.#process = await startProcess({ ...what, marker, log })
    } catch (error) {
      log.close()
      this.#killedBecause = error instanceof Error ? error.message : String(error)
      this.#ended(source.replace(/^init\./, ''), { code: undefined, signal: undefined })
      return undefined
    }
    this.#become(phase)
    // A stop that came during the spawn found no process to end.
    if (this.#isLeaving()) this.#kill(this.#process, 'stopped while starting')
    return this.#process
  }

  /** True when it was healthy for so long that its end says nothing about its start. */
  async #untilEnd(child: WatchedProcess): Promise<boolean> {
    this.#watch(child)
    const end = await child.ended
    this.#watching.abort()
    const age = Date.now() - (this.#startedAt ?? Date.now())
    const wasHealthy = this.#phase === 'ready' && age >= backOff.healthy
    if (this.#released.signal.aborted) return wasHealthy
    this.#ended('main', end)
    // What the leader left behind would hold its port; a stop gives the group its grace instead.
    if (!this.#stopping.signal.aborted)
      await endProcess(child.identity, this.#context.marker, { signal: 'SIGKILL', grace: 0 })
    this.#log?.close()
    return wasHealthy
  }

  #watch(child: WatchedProcess): void {
    this.#watching.abort()
    this.#watching = new AbortController()
    const { signal } = this.#watching
    const health = this.#context.health()
    const ready = (): void => {
      this.#become('ready')
    }
    if (!health) {
      void sleep(child.isAdopted ? 0 : settling, undefined, { signal }).then(ready, () => undefined)
      return
    }
    const listener = {
      ready,
      unready: () => {
        this.#become('unready')
      },
      dead: (cause: string) => {
        this.#become('unready')
        this.#kill(child, cause)
      },
      probed: (detail: string) => {
        if (detail === this.#lastProbe) return
        this.#lastProbe = detail
        this.#context.changed()
      },
    }
    void watchHealth(health, this.#context.probe, listener, signal)
  }

  #kill(child: WatchedProcess, cause: string): void {
    this.#killedBecause = cause
    void endProcess(child.identity, this.#context.marker, this.#context.spec().stop)
  }

  async #stop(): Promise<void> {
    this.#become('stopping')
    this.#stopping.abort()
    const { stop } = this.#context.spec()
    await this.#context.drained(Math.min(stop.grace, longestDrain))
    this.#watching.abort()
    const child = this.#process
    if (child && stop.pre) await this.#runStopPre(stop.pre, stop.grace)
    if (child) await endProcess(child.identity, this.#context.marker, stop)
    else await killMarked((marker) => marker === this.#context.marker)
    this.#gone.abort()
    await this.#life
    this.#log?.close()
    rmSync(replicaFile(this.#context.state, this.#context.service, this.slot), { force: true })
  }

  async #runStopPre(command: readonly string[], grace: number): Promise<void> {
    const { logs, state, service, slot, environment, marker } = this.#context
    const log = logs.open(logsFolder(serviceFolder(state, service)), this.slot, this.#run, 'stop')
    try {
      const child = await startProcess({ command, cwd: slot.cwd, environment: environment.main, marker, log })
      await Promise.race([child.ended, sleep(grace)])
    } catch (error) {
      // A command that cannot be started must not keep its service alive; `logs` shows why it did not run.
      log.write(`stop.pre: ${error instanceof Error ? error.message : String(error)}\n`)
    } finally {
      log.close()
    }
  }

  #ended(
    what: string,
    end: { readonly code: number | undefined; readonly signal: string | undefined },
  ): void {
    this.#lastEnd = { ...end, what, at: Date.now(), cause: this.#killedBecause }
    this.#killedBecause = undefined
    this.#process = undefined
  }

  #become(phase: ReplicaPhase): void {
    if (this.#stopping.signal.aborted && phase !== 'stopping') return
    this.#phase = phase
    if (this.#released.signal.aborted) return
    const { lastProbe: _, ...kept } = this.state()
    const record: ReplicaRecord = {
      ...kept,
      marker: this.#context.marker,
      startTime: this.#process?.identity.startTime,
    }
    writeRecord(replicaFile(this.#context.state, this.#context.service, this.slot), record)
    this.#context.changed()
  }

  /** A method, because behind an `await` the type checker would still believe the answer from before it. */
  #isLeaving(): boolean {
    return this.#stopping.signal.aborted || this.#released.signal.aborted
  }
}
