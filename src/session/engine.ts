import type { Memory } from '../memory/memory.ts'
import { StepError } from '../plan/step-error.ts'
import { describeEndpoint } from '../platform/engine/endpoint.ts'
import type { Engine } from '../platform/engine/engine.ts'

export interface EngineOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Of this machine: which version the engine spoke last. */
  readonly memory: Memory
  /** Nothing is looked for, and whoever uses the engine finds none. */
  readonly withoutEngine: boolean
}

/** The container engine that the docker CLI would use. StepError (`precondition`) where there is none. */
export async function engineOf({ env, memory, withoutEngine }: EngineOptions): Promise<Engine> {
  const { openEngine } = await import('../platform/engine/engine.ts')
  if (withoutEngine) return openEngine({ kind: 'socket', path: '' })
  const { findEngine } = await import('../platform/engine/find.ts')
  const found = await findEngine(env)
  if (found.kind === 'absent') {
    throw new StepError('precondition', found.why, {
      hint: 'start Docker, or run without containers: --profile process',
    })
  }
  const knownApiVersion = await rememberedVersion(memory, found.endpoint)
  return openEngine(found.endpoint, { how: found.how, apiVersion: found.apiVersion, knownApiVersion })
}

const engineKey = 'engine'

/** The version that this engine spoke last: asking again would cost every command a request. A wrong one is refused and asked anew. */
async function rememberedVersion(memory: Memory, endpoint: Engine['endpoint']): Promise<string | undefined> {
  const known = await memory.read(engineKey)
  if (typeof known !== 'object' || known === null || !('endpoint' in known) || !('version' in known))
    return undefined
  return known.endpoint === describeEndpoint(endpoint) && typeof known.version === 'string'
    ? known.version
    : undefined
}

export async function rememberVersion(memory: Memory, engine: Engine): Promise<void> {
  const version = await engine.apiVersion()
  if ((await rememberedVersion(memory, engine.endpoint)) === version) return
  await memory.write(engineKey, { endpoint: describeEndpoint(engine.endpoint), version })
}
