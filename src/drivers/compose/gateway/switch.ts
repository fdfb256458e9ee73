import { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { digest } from '../../../plan/hash.ts'
import { StepError } from '../../../plan/step-error.ts'
import { killContainer } from '../../../platform/engine/containers.ts'
import { exec } from '../../../platform/engine/exec.ts'
import type { Context } from '../context.ts'
import { configFile } from '../desired/gateway.ts'
import { isServer, serversDigest } from '../desired/servers.ts'
import { changeLedger, withReload } from '../ledger.ts'
import { hasOwnName, look, replicasAmong, type SeenContainer } from '../observe/look.ts'
import { gatewayConfig, type Route, type Server } from './config.ts'
import { stateOf } from './state.ts'

/** How long a new worker may take until it serves, in milliseconds. */
const takeover = 10_000

/**
 * Gives the running gateway the replicas that are there now. The configuration is checked inside it before it replaces the old
 * one, and its master hands the open ports to a new worker, so no connection is refused or cut. Without a running gateway there is
 * nothing to do: it looks by itself when it starts.
 */
export async function switchGateway(
  context: Context,
  routes: readonly Route[],
  parts?: Readonly<Record<string, string>>,
): Promise<void> {
  await context.gateway.switching(async () => {
    const containers = await look(context.engine, context.stack)
    const gateway = runningGateway(containers)
    if (!gateway) return
    const servers = serversAmong(context, containers)
    const { text, revision } = configuration(routes, servers.map(serverOf))
    await swap(context, gateway, text)
    await untilServing(gateway, revision)
    await context.recording(() =>
      changeLedger(context.memory, (ledger) =>
        withReload(
          ledger,
          gateway.id,
          {
            ...(parts ?? ledger.reloads[gateway.id] ?? gateway.parts),
            servers: serversDigest(servers),
          },
          containers,
        ),
      ),
    )
  })
}

/** The text for a set of servers, and the word by which a worker tells that it serves exactly that. */
export function configuration(
  routes: readonly Route[],
  servers: readonly Server[],
): { readonly text: string; readonly revision: string } {
  const revision = digest([gatewayConfig(routes, servers, '')])
  return { text: gatewayConfig(routes, servers, revision), revision }
}

/** The containers that may be asked now. */
export function serversAmong({ gateway }: Context, containers: readonly SeenContainer[]): SeenContainer[] {
  return replicasAmong(containers)
    .filter((each) => isServer(each) && (hasOwnName(each) || gateway.admitted.has(each.id)))
    .filter(({ id }) => !gateway.withheld.has(id))
}

/** A container is asked by its id, which Docker's DNS knows: names and addresses change while it lives. */
export function serverOf({ service, number, id }: SeenContainer): Server {
  const host = id.slice(0, 12)
  return { service, name: `${service}-${number}-${host}`, host }
}

export function runningGateway(containers: readonly SeenContainer[]): SeenContainer | undefined {
  return containers.find(({ role, state }) => role === 'gateway' && state === 'running')
}

/** Waits until requests that a former worker still serves are done, but not longer than `limit` milliseconds. */
export async function untilDrained(context: Context, limit: number): Promise<void> {
  const gateway = runningGateway(await look(context.engine, context.stack))
  const end = Date.now() + limit
  while (gateway && Date.now() < end) {
    const answer = (await context.engine.get(`/containers/${gateway.id}/top`)) as {
      Processes: unknown[] | null
    }
    // A master and one worker.
    if ((answer.Processes?.length ?? 0) <= 2) return
    await sleep(50)
  }
}

/** `sh` and `mv` are in every image of HAProxy; the text goes in through standard input, so its length does not matter. */
async function swap({ engine }: Context, gateway: SeenContainer, text: string): Promise<void> {
  const script = `cat > ${configFile}.next && haproxy -c -f ${configFile}.next && mv ${configFile}.next ${configFile}`
  const output = collector()
  const exitCode = await exec(
    engine,
    gateway.id,
    { argv: ['sh', '-c', script], user: 'root' },
    { stdin: Readable.from([text]), stdout: output.stream, stderr: output.stream },
  )
  if (exitCode !== 0) throw refused(output.lines())
  await killContainer(engine, gateway.id, 'SIGUSR2')
}

/** The gateway goes on with the configuration that it has. */
export function refused(evidence: readonly string[]): StepError {
  return new StepError('deploy', 'the gateway refuses its new configuration; the old one goes on serving', {
    evidence,
    hint: 'a host, path or header under `routes` is probably not what HTTP allows',
  })
}

async function untilServing(gateway: SeenContainer, revision: string): Promise<void> {
  const end = Date.now() + takeover
  while ((await stateOf(gateway))?.revision !== revision) {
    if (Date.now() > end) {
      throw new StepError(
        'timeout',
        `the gateway did not take its new configuration within ${takeover / 1000} s`,
      )
    }
    await sleep(20)
  }
}

function collector(): { readonly stream: Writable; readonly lines: () => string[] } {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  return { stream, lines: () => Buffer.concat(chunks).toString().trim().split('\n') }
}
