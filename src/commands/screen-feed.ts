import type { ResourceId } from '../plan/resource.ts'
import { messageOf } from '../report/words.ts'
import type { Opened } from '../session/opened.ts'
import { urlFor, urlsOf } from '../session/urls.ts'
import { createLogBuffers, type LogBuffers } from '../state/log-buffers.ts'
import { createStore, type Store } from '../state/store.ts'
import { pause } from './pause.ts'

/** Milliseconds between two looks at what the target runs: pods and containers change without a step of ours. */
const lookEvery = 2_000

/** What a screen shows of a running `dev`, for the terminal of `dev` itself and for all that attach. */
export interface ScreenFeed {
  /** A store of its own: what is looked at for a screen alone is no event for those who read lines. */
  readonly store: Store
  readonly logs: LogBuffers
  /** Somebody looks on, until the result is called: only then the target is asked, and logs are followed. */
  watch(): () => void
  close(): void
}

/** `opened` is the stack as it stands now: a reload makes another one. */
export function openScreenFeed(opened: () => Opened): ScreenFeed {
  const source = opened().store
  const store = createStore(source.getState())
  const unsubscribe = source.subscribe((event) => {
    if (event.type !== 'log.written') store.dispatch(event)
  })
  const logs = createLogBuffers()
  nameAll(opened(), store)
  const read = { upTo: Date.now() - 60_000 }
  let watchers = 0
  let stop: AbortController | undefined

  function begin(): void {
    const { signal } = (stop = new AbortController())
    // Before the first line of a program, which may write what it was given. Both end with the signal and tell what goes wrong.
    void opened()
      .recallSecrets()
      .catch((error: unknown) => tell(`secrets cannot be read: ${messageOf(error)}`))
      .then(() =>
        Promise.allSettled([
          followLogs(opened, logs, read, signal),
          lookAgainAndAgain(opened, store, signal),
        ]),
      )
  }
  function tell(text: string): void {
    store.dispatch({ type: 'message.reported', at: Date.now(), text })
  }

  return {
    store,
    logs,
    watch() {
      watchers += 1
      if (watchers === 1) begin()
      let isWatching = true
      return () => {
        if (!isWatching) return
        isWatching = false
        watchers -= 1
        if (watchers === 0) stop?.abort()
      }
    },
    close() {
      stop?.abort()
      unsubscribe()
    },
  }
}

/** Every service and job has its row from the beginning, in the order of the stack file. */
function nameAll({ stack }: Opened, store: Store): void {
  const ids: ResourceId[] = [
    ...[...stack.jobs.keys()].map((name): ResourceId => `job/${name}`),
    ...[...stack.services.keys()].map((name): ResourceId => `service/${name}`),
  ]
  const known = store.getState().resources
  for (const resource of ids)
    if (!known.has(resource))
      store.dispatch({
        type: 'resource.changed',
        at: Date.now(),
        resource,
        health: 'absent',
        detail: 'not there yet',
      })
}

/** The logs of all services, through every replacement, from where `read` ends. A broken stream is taken up again. */
async function followLogs(
  opened: () => Opened,
  logs: LogBuffers,
  read: { upTo: number },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const { driver, redact } = opened()
    try {
      const query = {
        services: [],
        follow: true,
        since: read.upTo,
        tail: 200,
        previous: false,
        init: false,
      }
      for await (const line of driver.logs(query, signal)) {
        logs.write({ ...line, text: redact(line.text) })
        read.upTo = line.time + 1
      }
    } catch (error) {
      if (isEnded(signal)) return
      logs.write({
        time: Date.now(),
        service: 'iamstack',
        replica: 1,
        stream: 'stderr',
        text: `logs cannot be followed: ${messageOf(error)}`,
      })
    }
    await pause(lookEvery, signal)
  }
}

/** What the target says of itself, for what happens without a step: restarts, connections, changes by hand. */
async function lookAgainAndAgain(opened: () => Opened, store: Store, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await lookOnce(opened(), store, signal)
    } catch (error) {
      if (isEnded(signal)) return
      store.dispatch({
        type: 'message.reported',
        at: Date.now(),
        text: `the target does not answer: ${messageOf(error)}`,
      })
    }
    await pause(lookEvery, signal)
  }
}

async function lookOnce(now: Opened, store: Store, signal: AbortSignal): Promise<void> {
  const observed = await now.driver.observe(signal)
  const at = Date.now()
  for (const seen of observed.values()) {
    // While a step is under way it knows better, and images and records are nothing that runs.
    const known = store.getState().resources.get(seen.id)
    if (known?.step || seen.isRecord || seen.id.startsWith('image/')) continue
    const wanted = wantedReplicas(now, seen.id) ?? seen.replicas?.total
    store.dispatch({
      type: 'resource.changed',
      at,
      resource: seen.id,
      health: seen.health,
      detail: now.redact(seen.detail),
      ...(seen.replicas && wanted !== undefined && { replicas: { ready: seen.replicas.ready, wanted } }),
      ...(seen.drift !== undefined && { drift: now.redact(seen.drift) }),
      ...(seen.facts && { facts: seen.facts }),
    })
  }
  const known = store.getState().urls.map(({ url }) => url)
  for (const each of await urlsOf(now))
    if (!known.includes(each.url)) store.dispatch({ type: 'url.opened', at, ...each })
  for (const forward of (await now.driver.forwarding?.held()) ?? []) {
    const { service, port, host, local, open, problem } = forward
    const url = urlFor(now, service, port, { host, port: local })
    store.dispatch({
      type: 'forward.changed',
      at,
      service,
      port,
      url,
      open,
      ...(problem !== undefined && { problem: now.redact(problem) }),
    })
  }
}

/** A function, for what the compiler knows of a signal does not outlive an await. */
function isEnded(signal: AbortSignal): boolean {
  return signal.aborted
}

function wantedReplicas({ stack }: Opened, id: ResourceId): number | undefined {
  return id.startsWith('service/') ? stack.services.get(id.slice('service/'.length))?.replicas : undefined
}
