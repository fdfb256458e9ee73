import { StepError } from '../plan/step-error.ts'
import { describeEndpoint } from '../platform/engine/endpoint.ts'
import { openEngine, type Engine } from '../platform/engine/engine.ts'
import { EngineError } from '../platform/engine/errors.ts'
import { findEngine } from '../platform/engine/find.ts'
import { engineInfo, engineVersion, type EngineInfo, type EngineVersion } from '../platform/engine/system.ts'

/** One look at the Docker engine: lists and facts, nothing that changes it. */
export type EngineSight =
  | { readonly kind: 'absent'; readonly why: string }
  /** A setting cannot be used, or nobody answers, or the answer is too old. */
  | { readonly kind: 'unusable'; readonly why: StepError }
  | {
      readonly kind: 'answers'
      readonly engine: Engine
      /** `unix:///var/run/docker.sock (the default socket)`. */
      readonly place: string
      /** As spoken: theirs or ours, whichever is older. */
      readonly apiVersion: string
      readonly version: EngineVersion
      readonly info: EngineInfo
    }

export async function lookForEngine(env: Readonly<Record<string, string | undefined>>): Promise<EngineSight> {
  try {
    const found = await findEngine(env)
    if (found.kind === 'absent') return { kind: 'absent', why: found.why }
    const engine = openEngine(found.endpoint, { how: found.how, apiVersion: found.apiVersion })
    const apiVersion = await engine.apiVersion()
    const [version, info] = await Promise.all([engineVersion(engine), engineInfo(engine)])
    const place = `${describeEndpoint(found.endpoint)} (${found.how})`
    return { kind: 'answers', engine, place, apiVersion, version, info }
  } catch (error) {
    if (error instanceof StepError) return { kind: 'unusable', why: error }
    if (error instanceof EngineError) {
      const why = new StepError('precondition', `the Docker engine refuses ${error.path}: ${error.message}`)
      return { kind: 'unusable', why }
    }
    throw error
  }
}
