import { expect, test } from 'vitest'
import { answerReader, frame, linkFrame, writeFrame } from '../../../src/dev/channel/frames.ts'
import { faultOfPath, pathBytes } from '../../../src/dev/channel/path-bytes.ts'
import { faultOf, refusalOf } from '../../../src/dev/channel/refusal.ts'
import { shellAnswerReader } from '../../../src/dev/channel/shell-answers.ts'
import { createTurns } from '../../../src/dev/channel/turns.ts'

test('frames, byte for byte', () => {
  expect([
    frame('hello').toString('hex'),
    frame('chunk', Buffer.from('ab')).toString('hex'),
    writeFrame(Buffer.from('/x'), 0o755, true).toString('hex'),
    linkFrame(Buffer.from('/l'), Buffer.from('t'), false).toString('hex'),
    frame('signal', Buffer.from('HUP')).toString('hex'),
  ]).toMatchInlineSnapshot(`
    [
      "0000000001",
      "00000002036162",
      "0000000702000001ed012f78",
      "0000000506002f6c0074",
      "000000030a485550",
    ]
  `)
})

test('answers in any pieces', () => {
  const hello = Buffer.from(
    '00000005013120' + '72756e' + '00000000' + '02' + '00000003' + '03' + '6e6f21',
    'hex',
  )
  // The length of the greeting is that of "1 run".
  for (let size = 1; size <= hello.length; size += 1) {
    const read = answerReader()
    const answers = []
    for (let at = 0; at < hello.length; at += size) answers.push(...read(hello.subarray(at, at + size)))
    expect(answers).toEqual([
      { kind: 'hello', version: '1', abilities: ['run'] },
      { kind: 'done' },
      { kind: 'refused', message: 'no!' },
    ])
  }
})

test('an engine that says why it could not start the program is quoted', () => {
  const words = 'OCI runtime exec failed: exec: "/agent": stat /agent: no such file or directory\r\n'
  expect(() => answerReader()(Buffer.from(words))).toThrowErrorMatchingInlineSnapshot(
    `[ChannelError: the other end does not speak as the agent does: OCI runtime exec failed: exec: "/agent": stat /agent: no such file or directory]`,
  )
  expect(() => answerReader()(Buffer.from('0000000109', 'hex'))).not.toThrow()
  expect(() => answerReader()(Buffer.from('000000010941', 'hex'))).toThrow(
    'does not speak as the agent does: A',
  )
})

test('answers of the shell, with what programs said before them', () => {
  const { read, rest } = shellAnswerReader('token')
  expect(read(Buffer.from('rm: one\nrm: two\n\ntoken 1'))).toEqual([])
  expect(read(Buffer.from(' - \n\ntoken 2 + 45 46\nsh: '))).toEqual([
    { sequence: 1, words: ['-', ''], text: 'rm: one\nrm: two' },
    { sequence: 2, words: ['+', '45', '46'], text: '' },
  ])
  expect(rest()).toBe('sh:')
  expect(read(Buffer.from('x'.repeat(300_000)))).toEqual([])
  expect(rest().length).toBeLessThan(150_000)
})

test.each([
  ['mv: cannot move a to b: Permission denied', 'permission'],
  ['rename /a /b: operation not permitted', 'permission'],
  ["sh: can't create /x: Read-only file system", 'read-only'],
  ['write /x: no space left on device\n', 'no-space'],
  ['cat: write error: Disk quota exceeded', 'no-space'],
  ['/x: Is a directory', 'wrong-kind'],
  ["mkdir: can't create directory '/x': File exists", 'wrong-kind'],
  ['open /x: file name too long', 'too-long'],
  ['mv: /no space left on device/x: Device or resource busy', 'other'],
  ['', 'other'],
])('%j is %s', (message, why) => {
  expect(refusalOf(message)).toBe(why)
})

test('paths: bytes that are no UTF-8, and what no path is', () => {
  expect(pathBytes('/ä\udc80\udcff👍').toString('hex')).toBe('2fc3a480fff09f918d')
  // A surrogate that stands for no byte cannot be a name; it becomes what any text makes of it.
  expect(pathBytes('/\ud800').toString('hex')).toBe('2fefbfbd')
  expect(['/a/b', '/', 'a', '/a//b', '/a/', '/./a', '/a/..', '/a\0b'].map(faultOfPath))
    .toMatchInlineSnapshot(`
    [
      undefined,
      "it has a part that is empty, "." or ".."",
      "it is not an absolute path",
      "it has a part that is empty, "." or ".."",
      "it has a part that is empty, "." or ".."",
      "it has a part that is empty, "." or ".."",
      "it has a part that is empty, "." or ".."",
      "no file name holds a zero byte",
    ]
  `)
  expect(faultOf({ op: 'link', path: '/a', target: '' })?.why).toBe('other')
  expect(faultOf({ op: 'link', path: '/a', target: 'x'.repeat(5000) })?.why).toBe('too-long')
})

test('turns: in order, one at a time; who gives up is told at once and does not hold the others up', async () => {
  const turn = createTurns()
  const said: string[] = []
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  const controller = new AbortController()
  const quiet = new AbortController().signal
  const first = turn(quiet, async () => {
    await held
    said.push('first')
    throw new Error('of the first')
  })
  const second = turn(controller.signal, () => Promise.resolve(said.push('second')))
  const third = turn(quiet, () => Promise.resolve(said.push('third')))
  controller.abort(new Error('given up'))
  await expect(second).rejects.toThrow('given up')
  expect(said).toEqual([])
  release()
  await expect(first).rejects.toThrow('of the first')
  await third
  expect(said).toEqual(['first', 'third'])
})
