import type { Driver, Endpoint } from '../driver.ts'
import { applyStep, type ApplyContext } from './apply.ts'
import { checkProcesses } from './check.ts'
import { desiredProcesses } from './desired.ts'
import { execBeside, runOnce } from './exec.ts'
import { readLogs } from './logs.ts'
import { observeProcesses } from './observe.ts'
import type { ProcessDriverOptions } from './options.ts'
import { untilReady } from './ready.ts'
import { recordedService } from './recorded.ts'
import { renderProcesses } from './render.ts'
import { createSessionLink } from './session-link.ts'

/**
 * Services as processes of this machine. The driver prepares (ports, files, environments) and asks; the session supervises and
 * outlives us. What there is lies in records below the memory's folder, so looking needs no session. The session must be able to
 * start a crashed service again by itself, so the environment of each replica, secrets included, lies there too while it runs, in
 * a file of its own (0600) that goes when the service is stopped; the other records hold no value of a secret.
 */
export function createProcessDriver(options: ProcessDriverOptions): Driver {
  const state = options.memory.folder
  const context: ApplyContext = { options, link: createSessionLink(options) }
  return {
    name: 'process',
    check: checkProcesses,
    desired: desiredProcesses,
    observe: (signal) => observeProcesses(context, signal),
    apply: (step, run) => applyStep(step, run, context),
    ready: (wanted, run) => untilReady(wanted, run, context),
    endpoint: (service, port) => endpointOf(service, port, state),
    async *logs(query, signal) {
      for await (const line of readLogs(query, state, signal))
        yield options.redact ? { ...line, text: options.redact(line.text) } : line
    },
    exec: (request, signal) => execBeside(request, state, signal),
    runOnce: (request, signal) => runOnce(request, options, signal),
    render: renderProcesses,
    close: () => context.link.close(),
  }
}

/** Every port answers on this machine, exposed or not: that is what running without containers means. */
async function endpointOf(service: string, port: string, state: string): Promise<Endpoint | undefined> {
  const record = await recordedService(state, service)
  if (!record || record.isLeaving) return undefined
  const { external, addresses, slots } = record.spec
  const number = external?.ports[port] ?? addresses[port] ?? slots[0]?.ports[port]
  return number === undefined ? undefined : { host: external?.host ?? '127.0.0.1', port: number }
}
