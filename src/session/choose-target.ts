import { findEngine, type EngineLookup } from '../platform/engine/find.ts'
import { openEngine } from '../platform/engine/engine.ts'

export interface ChosenTarget {
  readonly target: 'compose' | 'process'
  readonly why: string
}

/** Where to run when no profile says: in containers where a Docker engine answers, else as processes of this machine. */
export async function chooseTarget(env: Readonly<Record<string, string | undefined>>): Promise<ChosenTarget> {
  const found = await findEngine(env)
  if (found.kind === 'absent') return { target: 'process', why: found.why }
  if (await answers(found)) return { target: 'compose', why: `a Docker engine answers (${found.how})` }
  if (found.how === 'DOCKER_HOST') return { target: 'compose', why: 'DOCKER_HOST is set' }
  return { target: 'process', why: `no Docker engine answers (${found.how})` }
}

async function answers(found: Extract<EngineLookup, { kind: 'found' }>): Promise<boolean> {
  const engine = openEngine(found.endpoint, { how: found.how, apiVersion: found.apiVersion })
  try {
    await engine.apiVersion()
    return true
  } catch {
    // Whoever asks for compose by name gets the reason; here it only decides.
    return false
  } finally {
    engine.close()
  }
}
