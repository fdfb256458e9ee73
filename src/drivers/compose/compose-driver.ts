import type { Driver } from '../driver.ts'
import { check } from './check.ts'
import { createContext } from './context.ts'
import { desiredResources } from './desired/desired.ts'
import type { ComposeResource } from './desired/spec.ts'
import { observe } from './observe/observe.ts'
import { composeSyncing } from './syncing.ts'
import type { ComposeOptions } from './options.ts'
import { renderCompose } from './render/render.ts'

/**
 * Runs a stack in one Docker engine, through the Engine API and with Compose's own labels, so that `docker compose -p NAME` sees
 * it. Nothing of ours is a file: what there is, is what the engine shows. What only some commands need is loaded when they do.
 */
export function createComposeDriver(options: ComposeOptions): Driver {
  const context = createContext(options)
  return {
    name: 'compose',
    check,
    desired: desiredResources,
    observe: (signal) => observe(context, signal),
    observeImages: async (wanted, signal) =>
      (await import('./apply/image.ts')).observeImages(context.engine, wanted, signal),
    apply: async (step, run) => (await import('./apply/apply.ts')).apply(context, step, run),
    ready: async (wanted, run) =>
      (await import('./apply/apply.ts')).ready(context, wanted as ComposeResource, run),
    endpoint: async (service, port) => (await import('./endpoint.ts')).endpoint(context, service, port),
    async *logs(query, signal) {
      yield* (await import('./logs.ts')).readLogs(context, query, signal)
    },
    exec: async (request, signal) => (await import('./exec.ts')).execIn(context, request, signal),
    runOnce: async (request, signal) => (await import('./run-once.ts')).runOnce(context, request, signal),
    syncing: composeSyncing(context),
    render: (resources, stack) => renderCompose(resources as readonly ComposeResource[], stack),
    close: () => {
      context.bus.close()
      context.engine.close()
      return Promise.resolve()
    },
  }
}
