import type { Event } from '../state/events.ts'
import type { Subscriber } from '../state/store.ts'
import { formatDiagnosticsFromDisk } from './diagnostics.ts'
import { plainLines } from './plain.ts'
import { styleFor } from './style.ts'

export type Progress = 'auto' | 'tty' | 'plain' | 'json' | 'quiet'

interface Streams {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
  /** The terminal UI, where there can be one: while it is open, it tells what lines would. */
  readonly screen?: { readonly isOpen: boolean } | undefined
}

/**
 * The subscriber that tells a run. Lines for a person go to standard error, so that results on standard output can be piped;
 * JSON Lines are themselves the result and go to standard output.
 */
export function createReporter(progress: Progress, ansi: string | undefined, streams: Streams): Subscriber {
  switch (progress) {
    case 'quiet':
      return (event) => {
        if (isFailure(event)) tell(event)
      }
    case 'json':
      return (event) => void streams.stdout.write(`${JSON.stringify(event)}\n`)
    case 'auto':
    case 'tty':
    case 'plain': {
      const isRepetition = repetitions()
      return (event) => {
        if (!isRepetition(event) && !streams.screen?.isOpen) tell(event)
      }
    }
    default:
      return progress satisfies never
  }

  function tell(event: Event): void {
    const style = styleFor(ansi, streams.stderr, streams.env)
    const lines =
      event.type === 'diagnostic.reported'
        ? [formatDiagnosticsFromDisk([event.diagnostic], style)]
        : plainLines(event, style)
    for (const line of lines) streams.stderr.write(`${line}\n`)
  }
}

/** Milliseconds between two lines of one step that differ in their numbers alone. */
const pauseBetween = 2_000

/** A counter that runs is told now and then: lines cannot be overwritten. */
function repetitions(): (event: Event) => boolean {
  const told = new Map<string, { readonly shape: string; readonly at: number }>()
  return (event) => {
    if (event.type !== 'step.progressed') return false
    const shape = event.text.replace(/\d+(\.\d+)?/g, '#')
    const last = told.get(event.resource)
    if (last?.shape === shape && event.at - last.at < pauseBetween) return true
    told.set(event.resource, { shape, at: event.at })
    return false
  }
}

function isFailure(event: Event): boolean {
  return event.type === 'step.failed' || event.type === 'smoke.failed' || event.type === 'diagnostic.reported'
}
