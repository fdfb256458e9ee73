import type { Driver } from '../driver.ts'
import { apply, ready } from './apply/apply.ts'
import { observeImages } from './apply/image.ts'
import { check } from './check.ts'
import { createContext } from './context.ts'
import { desiredResources } from './desired/desired.ts'
import type { ComposeResource } from './desired/spec.ts'
import { endpoint } from './endpoint.ts'
import { execIn } from './exec.ts'
import { readLogs } from './logs.ts'
import { observe } from './observe/observe.ts'
import type { ComposeOptions } from './options.ts'
import { renderCompose } from './render/render.ts'
import { runOnce } from './run-once.ts'

/**
 * Runs a stack in one Docker engine, through the Engine API and with Compose's own labels, so that `docker compose -p NAME` sees
 * it. Nothing of ours is a file: what there is, is what the engine shows.
 */
export function createComposeDriver(options: ComposeOptions): Driver {
  const context = createContext(options)
  return {
    name: 'compose',
    check,
    desired: desiredResources,
    observe: (signal) => observe(context, signal),
    observeImages: (wanted, signal) => observeImages(context.engine, wanted, signal),
    apply: (step, run) => apply(context, step, run),
    ready: (wanted, run) => ready(context, wanted as ComposeResource, run),
    endpoint: (service, port) => endpoint(context, service, port),
    logs: (query, signal) => readLogs(context, query, signal),
    exec: (request, signal) => execIn(context, request, signal),
    runOnce: (request, signal) => runOnce(context, request, signal),
    render: (resources, stack) => renderCompose(resources as readonly ComposeResource[], stack),
    close: () => {
      context.bus.close()
      context.engine.close()
      return Promise.resolve()
    },
  }
}
