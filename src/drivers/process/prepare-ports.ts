import type { Memory } from '../../memory/memory.ts'
import { isPortFree } from '../../platform/process-ports.ts'
import type { ResolvedStack } from '../../resolve/resolved.ts'
import type { Facts } from '../facts.ts'
import { portsHeldByUs } from './port-conflicts.ts'
import { assignPorts } from './ports.ts'

/**
 * The sticky ports of a stack, for `Facts.ports`. With `change` they are given out and remembered (memory key `ports`); with `look`
 * those that were never given out are chosen in the same way, but nothing is written, so that a plan shows what `up` would do.
 */
export async function preparePorts(request: {
  readonly stack: ResolvedStack
  readonly configs: Facts['configs']
  readonly memory: Memory
  readonly purpose: 'look' | 'change'
}): Promise<ReadonlyMap<string, number>> {
  const { stack, configs, memory, purpose } = request
  const known = new Map(Object.entries(((await memory.read('ports')) ?? {}) as Record<string, number>))
  const held = await portsHeldByUs(memory.folder)
  const isFree = async (port: number): Promise<boolean> => held.has(port) || (await isPortFree(port))
  const { ports, changes } = await assignPorts(stack, configs, known, isFree)
  if (purpose === 'change' && changes.length > 0) await memory.write('ports', Object.fromEntries(ports))
  return ports
}
