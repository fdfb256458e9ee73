import { readdirSync, rmSync } from 'node:fs'
import { StepError } from '../plan/step-error.ts'
import { clusterClients } from './forward-clients.ts'
import { forwardFile, forwardsFolder } from './layout.ts'
import type { Answer, ForwardSpec, ForwardState } from './protocol.ts'
import { readRecord, writeRecord, type ForwardRecord } from './records.ts'
import { SupervisedForward } from './supervise-forward.ts'

/** The forwards that a session holds; what is told is in the state folder too, so the next session goes on with the same ports. */
export interface HeldForwards {
  /** Answered when its port is open, or why it is not. A forward that is there already keeps its connections. */
  hold(spec: ForwardSpec): Promise<Answer>
  remove(name: string): Promise<void>
  states(): ForwardState[]
  /** Resolves when each forward of a former session was tried once: before that, none of them listens. */
  tried(): Promise<void>
  isEmpty(): boolean
  /** Closes the ports and leaves what is written down. */
  close(): void
}

export function holdForwards(state: string, changed: (state: ForwardState) => void): HeldForwards {
  const clients = clusterClients()
  const forwards = new Map<string, SupervisedForward>()
  const tries: Promise<void>[] = []

  for (const file of readdirIfThere(forwardsFolder(state))) {
    const path = forwardFile(state, file.replace(/\.json$/, ''))
    const record = readRecord(path) as ForwardRecord | undefined
    if (!record) {
      rmSync(path, { force: true })
      continue
    }
    const forward = new SupervisedForward({ spec: record.spec, clients, changed })
    forwards.set(record.spec.name, forward)
    tries.push(forward.openAgain())
  }

  return {
    async hold(spec) {
      const former = forwards.get(spec.name)
      if (former?.isAlready(spec) === true) return { ok: true, states: [former.state()] }
      await former?.close()
      const forward = new SupervisedForward({ spec, clients, changed })
      forwards.set(spec.name, forward)
      try {
        await forward.open()
      } catch (error) {
        forwards.delete(spec.name)
        rmSync(forwardFile(state, spec.name), { force: true })
        if (error instanceof StepError) return refusalOf(error)
        throw error
      }
      const { local } = forward.state()
      writeRecord(forwardFile(state, spec.name), { spec: { ...spec, local } } satisfies ForwardRecord)
      return { ok: true, states: [forward.state()] }
    },
    async remove(name) {
      const forward = forwards.get(name)
      forwards.delete(name)
      rmSync(forwardFile(state, name), { force: true })
      await forward?.close()
    },
    states: () => [...forwards.values()].map((forward) => forward.state()),
    async tried() {
      await Promise.all(tries)
    },
    isEmpty: () => forwards.size === 0,
    close() {
      for (const forward of forwards.values()) void forward.close()
      clients.close()
    },
  }
}

function refusalOf({ kind, message, evidence, hint }: StepError): Answer {
  const known = kind === 'precondition' || kind === 'deploy' ? kind : 'deploy'
  return { ok: false, problem: { kind: known, message, evidence, ...(hint !== undefined && { hint }) } }
}

function readdirIfThere(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // Nothing has ever been forwarded.
    return []
  }
}
