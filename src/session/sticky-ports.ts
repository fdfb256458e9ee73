import type { Memory } from '../memory/memory.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'

export interface StickyPortOptions {
  readonly stack: ResolvedStack
  readonly memory: Memory
  readonly isFree: (port: number) => Promise<boolean>
  /** Keeps what was chosen for the next time. */
  readonly keep: boolean
}

const key = 'ports'
/** Below the ephemeral ranges of Linux, macOS and Windows, above what programs choose by habit. */
const firstChosen = 20_000
const chosenPorts = 10_000

/**
 * Ports on this machine for exposures that name none: the port of the service itself where it is free, else one that follows
 * from the names, so that two machines mostly agree. What was given out once stays, so that bookmarks hold.
 */
export async function stickyPorts(options: StickyPortOptions): Promise<ReadonlyMap<string, number>> {
  const { stack, memory, isFree, keep } = options
  const known = await readPorts(memory)
  const wanted = wantedPorts(stack)
  const fixed = new Set(
    [...stack.services.values()].flatMap((service) =>
      [...service.expose.values()].flatMap(({ port }) => port ?? []),
    ),
  )
  const ports = new Map<string, number>()
  for (const { name } of wanted) {
    const before = known.get(name)
    if (before !== undefined) ports.set(name, before)
  }
  for (const { name, preferred } of wanted) {
    if (ports.has(name)) continue
    const taken = new Set([...fixed, ...ports.values()])
    ports.set(
      name,
      await choose(
        `${stack.project}/${name}`,
        stack.instance === undefined ? preferred : undefined,
        taken,
        isFree,
      ),
    )
  }
  const isNew = [...ports].some(([name, port]) => known.get(name) !== port)
  if (keep && isNew) await memory.write(key, Object.fromEntries([...known, ...ports]))
  return ports
}

function wantedPorts(stack: ResolvedStack): { name: string; preferred: number }[] {
  const exposed = [...stack.services.values()].flatMap((service) =>
    [...service.expose].flatMap(([name, exposure]) => {
      const port = service.ports.get(name)
      const isWanted =
        port && exposure.port === undefined && exposure.kind !== 'none' && exposure.kind !== 'internal'
      return isWanted ? [{ name: `${service.name}.${name}`, preferred: port.port }] : []
    }),
  )
  const gateway =
    stack.routes.size > 0 && stack.instance !== undefined
      ? [{ name: 'gateway.http', preferred: stack.gateway.port }]
      : []
  return [...exposed, ...gateway]
}

async function choose(
  seed: string,
  preferred: number | undefined,
  taken: ReadonlySet<number>,
  isFree: (port: number) => Promise<boolean>,
): Promise<number> {
  const first = firstChosen + (hashOf(seed) % chosenPorts)
  const candidates = [
    ...(preferred !== undefined && preferred >= 1024 ? [preferred] : []),
    ...Array.from({ length: 200 }, (_, index) => first + index),
  ]
  for (const port of candidates) if (!taken.has(port) && (await isFree(port))) return port
  return first
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
  return hash
}

async function readPorts(memory: Memory): Promise<ReadonlyMap<string, number>> {
  const value = await memory.read(key)
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return new Map(entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'))
}
