import { performance } from 'node:perf_hooks'
import { createLogBuffers } from '../../../src/state/log-buffers.ts'
import { createStore } from '../../../src/state/store.ts'
import { createController, type Canvas } from '../../../tui/controller.ts'
import type { Scenario } from '../measure.ts'

const size = { columns: 160, rows: 50 }
const services = Array.from({ length: 40 }, (_unused, index) => `service-${index}`)
/** Ten thousand lines a second, as many as come between two of thirty frames. */
const linesPerFrame = 333
const framesPerRound = 150
/** Milliseconds; row 16. */
const target = 8

/**
 * Row 16: a frame while forty services write ten thousand lines a second, all of them merged in view: from the state to the bytes
 * for the terminal. The clock of the controller is turned by hand, so that only the frames are timed.
 */
export function tui(): Scenario {
  const frames: number[] = []
  let bytes = 0
  return {
    rows: [
      { number: '16', action: 'frame of the screen, 160 × 50, 40 services, 10k lines/s (p95)', targets: {} },
    ],
    contestants: [
      {
        name: 'ours',
        what: 'view, difference and bytes of one frame',
        round: () => {
          const round = flood()
          frames.push(...round.frames)
          bytes = round.bytes
          return Promise.resolve([quantile(round.frames, 0.95)])
        },
      },
    ],
    also: () => {
      const p95 = quantile(frames, 0.95)
      return Promise.resolve({
        row: '16',
        text: `p95 ${p95.toFixed(1)} ms (at most ${target}), median ${quantile(frames, 0.5).toFixed(1)} ms, ${Math.round(bytes / framesPerRound)} bytes a frame`,
        isMet: p95 <= target,
      })
    },
  }
}

function flood(): { frames: number[]; bytes: number } {
  const store = createStore()
  for (const name of services)
    store.dispatch({
      type: 'resource.changed',
      at: 0,
      resource: `service/${name}`,
      health: 'ready',
      detail: 'running',
      replicas: { ready: 2, wanted: 2 },
    })
  const logs = createLogBuffers()
  const terminal = turnedByHand()
  const controller = createController(
    {
      store,
      logs,
      env: {},
      verbs: [],
      onExit: undefined,
      isColoured: true,
      act: () => Promise.resolve(undefined),
    },
    terminal.canvas,
    () => undefined,
  )
  controller.redraw()
  controller.key({ name: 'm', text: 'm' })
  const frames: number[] = []
  for (let frame = 0; frame < framesPerRound; frame += 1) {
    for (let line = 0; line < linesPerFrame; line += 1)
      logs.write({
        time: frame,
        service: services[line % services.length] ?? '',
        replica: 1,
        stream: 'stdout',
        text: `GET /v1/users/${line} 200 ${frame} ms – « ${'x'.repeat(line % 90)} »`,
      })
    const began = performance.now()
    terminal.turn(34)
    frames.push(performance.now() - began)
  }
  controller.close()
  return { frames, bytes: terminal.bytes() }
}

function turnedByHand(): { canvas: Canvas; turn(milliseconds: number): void; bytes(): number } {
  let now = 0
  let written = 0
  const due = new Set<{ at: number; act: () => void }>()
  return {
    canvas: {
      size: () => size,
      write: (text) => (written += text.length),
      isUnicode: true,
      now: () => now,
      after(milliseconds, act) {
        const timer = { at: now + milliseconds, act }
        due.add(timer)
        return () => due.delete(timer)
      },
    },
    turn(milliseconds) {
      now += milliseconds
      // What is set while another one runs may be due at once, and is found by the same walk.
      for (const timer of due)
        if (timer.at <= now) {
          due.delete(timer)
          timer.act()
        }
    },
    bytes: () => written,
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
