import { expect, test } from 'vitest'
import type { Intent } from '../../src/state/screen.ts'
import { createController, type Canvas } from '../../tui/controller.ts'
import { Emulator } from './emulator.ts'
import { pictureLogs, pictureStore, noon } from './picture.ts'

function open() {
  const due = new Set<{ at: number; act: () => void }>()
  const screen = new Emulator()
  const world = { now: noon, frames: 0, size: { columns: 120, rows: 32 } }
  const canvas: Canvas = {
    size: () => world.size,
    write(text) {
      world.frames += 1
      screen.feed(text)
    },
    isUnicode: true,
    now: () => world.now,
    after(milliseconds, act) {
      const timer = { at: world.now + milliseconds, act }
      due.add(timer)
      return () => due.delete(timer)
    },
  }
  const pass = (milliseconds: number): void => {
    for (let step = 0; step < milliseconds; step += 1) {
      world.now += 1
      for (const timer of [...due]) if (timer.at <= world.now && due.delete(timer)) timer.act()
    }
  }
  const store = pictureStore()
  const logs = pictureLogs()
  const intents: Intent[] = []
  const options = {
    store,
    logs,
    env: {},
    verbs: [],
    onExit: undefined,
    isColoured: false,
    act: () => Promise.resolve(undefined),
  }
  const controller = createController(options, canvas, (intent) => intents.push(intent))
  controller.redraw()
  world.frames = 0
  return { controller, store, logs, screen, world, pass, intents, due }
}

test('while nothing happens only the clock moves, once a second', () => {
  const { world, pass } = open()
  pass(10_000)
  expect(world.frames).toBeGreaterThanOrEqual(9)
  expect(world.frames).toBeLessThanOrEqual(10)
})

test('under ten thousand lines a second there are thirty frames, and the last line is seen', () => {
  const { world, pass, logs, screen, controller } = open()
  controller.key({ name: 'm', text: 'm' })
  world.frames = 0
  for (let line = 0; line < 10_000; line += 1) {
    logs.write({ time: world.now, service: 'redis', replica: 1, stream: 'stdout', text: `line ${line}` })
    if (line % 10 === 9) pass(1)
  }
  expect(world.frames).toBeGreaterThanOrEqual(20)
  expect(world.frames).toBeLessThanOrEqual(31)
  pass(100)
  expect(screen.text).toContain('line 9999')
})

test('a key is answered at once, whatever was drawn just before', () => {
  const { world, controller, screen, intents } = open()
  controller.key({ name: '?', text: '?' })
  expect(world.frames).toBe(1)
  expect(screen.text).toContain('Keys')
  controller.key({ name: 'escape', text: undefined })
  controller.key({ name: 'r', text: 'r' })
  expect(intents).toEqual([{ kind: 'restart', services: ['mariadb'] }])
})

test('events come one after the other, and who reads older ones goes on reading them', () => {
  const { controller, store, screen, pass } = open()
  const tell = (text: string): void => store.dispatch({ type: 'message.reported', at: noon, text })
  for (let index = 0; index < 50; index += 1) tell(`note ${index}`)
  pass(50)
  expect(screen.text).toContain('note 49')
  controller.key({ name: '5', text: '5' })
  for (let index = 0; index < 40; index += 1) controller.key({ name: 'k', text: 'k' })
  expect(screen.text).toContain('note 9')
  expect(screen.text).not.toContain('note 10')
  tell('note 50')
  pass(50)
  expect(screen.text).not.toContain('note 10')
})

test('paused it draws nothing; drawn anew it draws all; closed it leaves no timer', () => {
  const { controller, store, screen, world, pass, due } = open()
  controller.pause()
  store.dispatch({ type: 'message.reported', at: noon, text: 'while away' })
  pass(3000)
  expect(world.frames).toBe(0)
  world.size = { columns: 60, rows: 15 }
  controller.redraw()
  expect(screen.text.split('\n')).toHaveLength(15)
  controller.close()
  expect(due.size).toBe(0)
  store.dispatch({ type: 'message.reported', at: noon, text: 'too late' })
  expect(due.size).toBe(0)
})
