import { TextDecoder } from 'node:util'
import type { StatusResponse, Vertex } from '../platform/engine/build-wire.ts'

/** What a build tells while it runs. `vertex` is BuildKit's digest of a step, `name` what a person reads: `[2/3] RUN make`. */
export type BuildEvent =
  | { readonly type: 'vertex.started'; readonly vertex: string; readonly name: string }
  | {
      readonly type: 'vertex.completed'
      readonly vertex: string
      readonly name: string
      readonly isCached: boolean
      readonly milliseconds: number
    }
  | { readonly type: 'vertex.failed'; readonly vertex: string; readonly name: string; readonly error: string }
  | {
      readonly type: 'vertex.logged'
      readonly vertex: string
      readonly name: string
      readonly stream: 'stdout' | 'stderr'
      readonly line: string
    }
  | {
      readonly type: 'vertex.progressed'
      readonly vertex: string
      readonly name: string
      readonly part: string
      readonly bytes: number
      /** 0 where it is not known. */
      readonly bytesTotal: number
    }
  | {
      readonly type: 'build.warned'
      readonly message: string
      readonly details: readonly string[]
      readonly url: string
      readonly line: number | undefined
    }

/** One step of a Dockerfile in a finished build. */
export interface BuildStep {
  readonly name: string
  readonly isCached: boolean
  readonly milliseconds: number
}

export interface FailedVertex {
  readonly name: string
  readonly error: string
  readonly lastLines: readonly string[]
}

/** Turns BuildKit's repeated states into events, each told once, and remembers what an error or a summary needs. */
export interface BuildProgress {
  take(status: StatusResponse): void
  /** Tells lines without an end of line, and puts the steps in order. */
  finish(): readonly BuildStep[]
  failed(): FailedVertex | undefined
}

/** How many lines of a step's output an error carries. */
const keptLines = 30

interface Tracked {
  readonly name: string
  phase: 'waiting' | 'started' | 'ended'
  readonly rest: Record<'stdout' | 'stderr', string>
  readonly lines: string[]
}

/** `redact` sees every line of output before anyone else does. */
export function buildProgress(
  onEvent: (event: BuildEvent) => void,
  redact: (line: string) => string,
): BuildProgress {
  const vertexes = new Map<string, Tracked>()
  const steps: BuildStep[] = []
  const decoders = new Map<string, TextDecoder>()
  let failure: { readonly vertex: Tracked; readonly error: string } | undefined

  function tracked(digest: string, name = ''): Tracked {
    let vertex = vertexes.get(digest)
    if (vertex === undefined) {
      vertex = { name, phase: 'waiting', rest: { stdout: '', stderr: '' }, lines: [] }
      vertexes.set(digest, vertex)
    }
    return vertex
  }

  function takeVertex(seen: Vertex): void {
    const vertex = tracked(seen.digest, seen.name)
    const about = { vertex: seen.digest, name: vertex.name }
    if (vertex.phase === 'waiting' && seen.started !== undefined) {
      vertex.phase = 'started'
      onEvent({ type: 'vertex.started', ...about })
    }
    if (vertex.phase === 'ended' || seen.completed === undefined) return
    vertex.phase = 'ended'
    if (seen.error !== '') {
      // Steps beside the failed one are cancelled; they are not the reason.
      if (!/context canceled/.test(seen.error)) failure ??= { vertex, error: seen.error }
      onEvent({ type: 'vertex.failed', ...about, error: seen.error })
      return
    }
    const milliseconds = Math.max(0, Math.round(seen.completed - (seen.started ?? seen.completed)))
    // The rest is BuildKit's own housekeeping: reading the context, asking registries, exporting.
    if (/^\[(?!internal\])/.test(vertex.name))
      steps.push({ name: vertex.name, isCached: seen.isCached, milliseconds })
    onEvent({ type: 'vertex.completed', ...about, isCached: seen.isCached, milliseconds })
  }

  function tellLine(digest: string, vertex: Tracked, stream: 'stdout' | 'stderr', written: string): void {
    const line = redact(written)
    vertex.lines.push(line)
    if (vertex.lines.length > keptLines) vertex.lines.shift()
    onEvent({ type: 'vertex.logged', vertex: digest, name: vertex.name, stream, line })
  }

  function takeLog(digest: string, stream: 'stdout' | 'stderr', data: Uint8Array): void {
    const vertex = tracked(digest)
    const key = `${digest} ${stream}`
    const decoder = decoders.get(key) ?? new TextDecoder()
    decoders.set(key, decoder)
    const lines = (vertex.rest[stream] + decoder.decode(data, { stream: true })).split(/\r?\n/)
    vertex.rest[stream] = lines.pop() ?? ''
    for (const line of lines) tellLine(digest, vertex, stream, line)
  }

  function finish(): readonly BuildStep[] {
    for (const [digest, vertex] of vertexes) {
      for (const stream of ['stdout', 'stderr'] as const) {
        const rest = vertex.rest[stream]
        vertex.rest[stream] = ''
        if (rest !== '') tellLine(digest, vertex, stream, rest)
      }
    }
    return steps
  }

  return {
    take: (status) => {
      for (const vertex of status.vertexes) takeVertex(vertex)
      for (const log of status.logs) takeLog(log.vertex, log.stream === 2 ? 'stderr' : 'stdout', log.data)
      for (const { id, vertex, current, total } of status.statuses) {
        const { name } = tracked(vertex)
        onEvent({ type: 'vertex.progressed', vertex, name, part: id, bytes: current, bytesTotal: total })
      }
      for (const { message, details, url, line } of status.warnings) {
        onEvent({ type: 'build.warned', message, details, url, line })
      }
    },
    finish,
    failed: () =>
      failure && { name: failure.vertex.name, error: failure.error, lastLines: [...failure.vertex.lines] },
  }
}
