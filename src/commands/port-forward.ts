import type { Forward, ForwardEvent } from '../forward/forward.ts'
import type { Forwarding } from '../forward/forwarding.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { formatTable } from '../report/table.ts'
import { openStack } from '../session/open.ts'
import type { Opened } from '../session/opened.ts'
import { urlFor, urlsOf } from '../session/urls.ts'
import { UsageError, type Arguments } from './arguments.ts'
import { checkNames } from './check-names.ts'
import { exitCodes, type Command, type Surroundings } from './command.ts'

/** Ports of services on this machine until it is interrupted. `ls` lists those that the session holds. */
export const portForward: Command = async (given, around) => {
  const opened = await openStack(given, around)
  const isJson = given.text('output') === 'json'
  try {
    const { forwarding } = opened.driver
    if (!forwarding) return await tellPublished(opened, around, isJson)
    if (given.operands[0] === 'ls' && !opened.stack.services.has('ls'))
      return await listHeld(opened, forwarding, around, isJson)
    return await holdOpen(opened, forwarding, given, around)
  } finally {
    await opened.close()
  }
}

/** One port that is to be forwarded. */
export interface WantedPort {
  readonly service: string
  readonly port: string
  /** On this machine, as the command line says. */
  readonly local: number | undefined
}

/** `SERVICE[:PORT] [LOCAL]…`; without any, every port that is exposed. All mistakes at once. */
export function wantedPorts(stack: ResolvedStack, operands: readonly string[]): WantedPort[] {
  const wanted: { name: string; local: number | undefined }[] = []
  const wrong: string[] = []
  for (const operand of operands) {
    const last = wanted.at(-1)
    if (!/^\d+$/.test(operand)) wanted.push({ name: operand, local: undefined })
    else if (!last || last.local !== undefined) wrong.push(`${operand}: name a service before its local port`)
    else if (Number(operand) < 1 || Number(operand) > 65_535)
      wrong.push(`${operand}: ports go from 1 to 65535`)
    else last.local = Number(operand)
  }
  checkNames(
    stack,
    wanted.map(({ name }) => name.split(':', 1)[0] ?? name),
  )
  const ports = wanted.flatMap(({ name, local }) => portsOf(stack, name, local, wrong))
  if (wrong.length > 0) throw new UsageError(wrong.join('; '), 'SERVICE[:PORT] [LOCAL], as in: api:http 8080')
  return operands.length === 0 ? exposedPorts(stack) : ports
}

function portsOf(
  stack: ResolvedStack,
  name: string,
  local: number | undefined,
  wrong: string[],
): WantedPort[] {
  const [service = '', port] = name.split(':')
  const ports = [...(stack.services.get(service)?.ports.values() ?? [])]
  const has = ports.map((each) => each.name).join(', ') || 'none'
  if (port !== undefined) {
    // By its name, or by the number that the program listens on.
    const found = ports.find((each) => each.name === port || String(each.port) === port)
    if (!found) wrong.push(`${service} has no port ${port} (it has ${has})`)
    return found ? [{ service, port: found.name, local }] : []
  }
  if (ports.length === 0) wrong.push(`${service} has no ports`)
  if (ports.length > 1 && local !== undefined) {
    wrong.push(
      `${service} has several ports (${has}): say which one is ${local}, as in ${service}:${ports[0]?.name ?? ''}`,
    )
    return []
  }
  return ports.map((each) => ({ service, port: each.name, local }))
}

function exposedPorts(stack: ResolvedStack): WantedPort[] {
  const exposed = [...stack.services.values()].flatMap(({ name, expose, external }) =>
    external
      ? []
      : [...expose].flatMap(([port, { kind, port: local }]) =>
          kind === 'none' || kind === 'internal' ? [] : [{ service: name, port, local }],
        ),
  )
  if (exposed.length > 0) return exposed
  throw new UsageError(
    'no port of this stack is exposed',
    'name a service: iamstack port-forward SERVICE[:PORT]',
  )
}

async function holdOpen(
  opened: Opened,
  forwarding: Forwarding,
  given: Arguments,
  around: Surroundings,
): Promise<number> {
  const write = lineWriter(around, given.text('output') === 'json')
  const wanted = wantedPorts(opened.stack, given.operands)
  const forwards: Forward[] = []
  try {
    for (const { service, port, local } of wanted) {
      const number = local ?? opened.stack.services.get(service)?.ports.get(port)?.port
      const forward = await forwarding.forward({
        service,
        port,
        // What the command line says is meant; a number that we chose is a wish. Below 1024 is not for everybody.
        local: {
          port: number !== undefined && (local !== undefined || number >= 1024) ? number : undefined,
          isFixed: local !== undefined && given.operands.length > 0,
        },
        onEvent: (event) => tellEvent(event, `${service}:${port}`, write),
      })
      forwards.push(forward)
      const url = urlFor(opened, service, port, forward)
      write({ type: 'forward.opened', service, port, url }, `${service}:${port}  ${url}`)
    }
    await new Promise<void>((resolve) => {
      if (around.signal.aborted) resolve()
      around.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    // Ctrl-C is how it ends.
    return exitCodes.ok
  } finally {
    await Promise.all(forwards.map((forward) => forward.close()))
  }
}

type Write = (value: Readonly<Record<string, unknown>>, text: string) => void

function lineWriter({ stdout }: Surroundings, isJson: boolean): Write {
  return (value, text) => {
    stdout.write(`${isJson ? JSON.stringify(value) : text}\n`)
  }
}

function tellEvent(event: ForwardEvent, name: string, write: Write): void {
  const tell = (type: string, text: string): void => write({ type, forward: name, text }, `${name}: ${text}`)
  switch (event.type) {
    case 'moved':
      tell('forward.moved', `${event.taken}; listening on ${event.port} instead`)
      return
    case 'held':
      tell('forward.held', 'no pod is ready; connections wait')
      return
    case 'released':
      tell('forward.released', 'connections that waited are served')
      return
    case 'refused':
      tell('forward.refused', `a connection was closed: ${event.why}`)
      return
    case 'problem':
      tell('forward.problem', event.problem ?? 'the cluster answers again')
      return
    default:
      event satisfies never
  }
}

async function listHeld(
  opened: Opened,
  forwarding: Forwarding,
  around: Surroundings,
  isJson: boolean,
): Promise<number> {
  const held = (await forwarding.held()).map((state) => ({
    ...state,
    url: urlFor(opened, state.service, state.port, { host: state.host, port: state.local }),
  }))
  const text = isJson
    ? held.map((each) => `${JSON.stringify(each)}\n`).join('')
    : held.length === 0
      ? 'no forward is held\n'
      : `${formatTable(
          held.map(({ service, port, url, open, problem }) => [
            service,
            port,
            url,
            `${open} open`,
            problem ?? '',
          ]),
        )}\n`
  around.stdout.write(text)
  return exitCodes.ok
}

/** Where no forward is needed the ports answer already. */
async function tellPublished(opened: Opened, around: Surroundings, isJson: boolean): Promise<number> {
  const urls = await urlsOf(opened)
  if (isJson) around.stdout.write(urls.map((each) => `${JSON.stringify(each)}\n`).join(''))
  else {
    around.stdout.write(`on ${opened.stack.profile.target} exposed ports answer by themselves\n`)
    if (urls.length > 0)
      around.stdout.write(`${formatTable(urls.map(({ service, port, url }) => [service, port, url]))}\n`)
  }
  return exitCodes.ok
}
