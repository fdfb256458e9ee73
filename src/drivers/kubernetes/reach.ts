import { resolve } from 'node:path'
import { openForward, type Forward } from '../../forward/forward.ts'
import type { Forwarding, ForwardRequest } from '../../forward/forwarding.ts'
import { StepError } from '../../plan/step-error.ts'
import { kubeconfigPaths } from '../../platform/kubernetes/kubeconfig.ts'
import { forwardTo, wantedForwards } from '../../session/forward-wanted.ts'
import type { ClusterPlace, ForwardState } from '../../session/protocol.ts'
import { sessionCommand } from '../../session/session-command.ts'
import {
  forwardsNow,
  openSessionForwards,
  type SessionForwards,
  type SessionForwardsOptions,
} from '../../session/session-forwards.ts'
import { build } from '../../version.ts'
import type { Endpoint } from '../driver.ts'
import { connected, type KubeContext } from './context.ts'
import { reachedByCluster, type EndpointContext } from './endpoint.ts'

export type ReachContext = EndpointContext & Pick<KubeContext, 'memory'>

/** Everything that brings ports of the cluster to this machine. */
export interface Reach extends Forwarding {
  /**
   * Where a port answers: at the cluster's own way out, at the forward that the session holds, else at a forward that lives as
   * long as this. Undefined while the service is not there.
   */
  endpoint(service: string, port: string): Promise<Endpoint | undefined>
  /** Where it answers beyond the end of this command: without the last of these three. */
  standing(service: string, port: string): Promise<Endpoint | undefined>
  close(): Promise<void>
}

export interface ReachOptions {
  /** Where kubeconfigs are named. Default: this process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default: this program, and its build. */
  readonly session?: Pick<SessionForwardsOptions, 'build' | 'command'>
}

export function createReach(context: ReachContext, options: ReachOptions = {}): Reach {
  const { stack, cluster, memory } = context
  const state = memory.folder
  const opened = new Map<string, Promise<Forward>>()
  let sessions: SessionForwards | undefined
  const session = (): SessionForwards =>
    (sessions ??= openSessionForwards({ state, build, command: sessionCommand(state), ...options.session }))

  const forward = async ({ service, port, local, onEvent }: ForwardRequest): Promise<Forward> => {
    const declared = stack.services.get(service)
    const found = declared?.ports.get(port)
    if (!declared || !found)
      throw new StepError('precondition', `service ${service} has no port ${port}`, { span: declared?.from })
    const client = await connected(context)
    return openForward({ client, target: forwardTo(stack, declared, found).target, local, onEvent })
  }
  const standing = async (service: string, port: string): Promise<Endpoint | undefined | 'inside'> => {
    if (service === 'gateway') return cluster.abilities.ingress
    const reached = await reachedByCluster(context, service, port)
    if (reached.kind === 'answers') return reached.endpoint
    if (reached.kind === 'absent') return undefined
    const held = (await session().list()).find((each) => each.service === service && each.port === port)
    return held?.isListening === true ? { host: held.host, port: held.local } : 'inside'
  }
  return {
    async endpoint(service, port) {
      const found = await standing(service, port)
      if (found !== 'inside') return found
      const key = `${service}.${port}`
      const local = { port: undefined, isFixed: false }
      const opening = opened.get(key) ?? forward({ service, port, local, onEvent: () => undefined })
      opened.set(key, opening)
      opening.catch(() => opened.delete(key))
      const { host, port: number } = await opening
      return { host, port: number }
    },
    async standing(service, port) {
      const found = await standing(service, port)
      return found === 'inside' ? undefined : found
    },
    forward,
    async hold(ports, tell) {
      const place = await placeOf(context, options.env ?? process.env)
      const { forwards, told } = wantedForwards(stack, cluster.abilities, ports, place)
      const wanted = new Set(forwards.map(({ name }) => name))
      for (const { name } of await session().list()) if (!wanted.has(name)) await session().remove(name)
      told.forEach(tell)
      const held: ForwardState[] = []
      for (const spec of forwards) {
        const made = await session().hold(spec)
        held.push(made)
        if (made.local !== spec.local)
          tell(`port ${spec.local} is taken: ${spec.name} answers on ${made.local} instead`)
      }
      return held
    },
    held: () => forwardsNow(state),
    async release(services) {
      for (const { name, service } of await session().list())
        if (services === undefined || services.includes(service)) await session().remove(name)
    },
    async close() {
      await Promise.all(
        [...opened.values()].map((opening) =>
          opening.then(
            (each) => each.close(),
            () => undefined,
          ),
        ),
      )
      await sessions?.close()
    },
  }
}

/** How the session finds the cluster that we talk to: by the names of files and a context, never by credentials. */
async function placeOf(
  context: ReachContext,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ClusterPlace> {
  const { context: name, server } = (await connected(context)).context
  const { kubeconfig } = context.cluster
  const files = kubeconfig === undefined ? kubeconfigPaths(env) : [kubeconfig]
  return { files: files.map((file) => resolve(file)), context: name, server }
}
