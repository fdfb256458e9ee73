import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedactor, type RedactingStream } from '../../src/content/redact.ts'

function knowing(...values: (string | Uint8Array)[]) {
  const redactor = createRedactor()
  for (const value of values) redactor.learn(value)
  return redactor
}

const password = 'iam59!z$/ü"<\'&'
const pem = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2
OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r
1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0
-----END PRIVATE KEY-----
`

describe('S54: no byte of a secret is shown', () => {
  it('however it is spelt', () => {
    const { redact } = knowing(password)
    const spelt = {
      plain: password,
      json: JSON.stringify({ password }),
      jsonForHtml: JSON.stringify(password).replace('<', '\\u003c').replace('&', '\\u0026'),
      jsonAscii: JSON.stringify(password).replace('ü', '\\u00fc'),
      jsonOfPhp: JSON.stringify(password).replaceAll('/', '\\/'),
      url: `postgres://todo:${encodeURIComponent(password)}@db/todo`,
      urlSmall: encodeURIComponent(password).replace(/%../g, (code) => code.toLowerCase()),
      form: new URLSearchParams({ password, n: '1' }).toString(),
      html: 'iam59!z$/ü&quot;&lt;&#39;&amp;',
      basic: `authorization: Basic ${Buffer.from(`todo:${password}`).toString('base64')}`,
      base64: Buffer.from(password).toString('base64'),
      base64url: Buffer.from(password).toString('base64url'),
      base64OfLine: Buffer.from(`${password}\n`).toString('base64'),
    }
    const hidden = Object.fromEntries(Object.entries(spelt).map(([name, text]) => [name, redact(text)]))
    expect(hidden).toMatchInlineSnapshot(`
      {
        "base64": "***",
        "base64OfLine": "***Cg==",
        "base64url": "***",
        "basic": "authorization: Basic dG9kbzp***",
        "form": "password=***&n=1",
        "html": "***",
        "json": "{"password":"***"}",
        "jsonAscii": ""***"",
        "jsonForHtml": ""***"",
        "jsonOfPhp": ""***"",
        "plain": "***",
        "url": "postgres://todo:***@db/todo",
        "urlSmall": "***",
      }
    `)
  })

  it('nor of the lines of a key, each alone, nor when it is wrapped in base64', () => {
    const { redact } = knowing(pem)
    const wrapped = Buffer.from(pem)
      .toString('base64')
      .match(/.{1,76}/g)
      ?.join('\n')
    expect(redact(`key:\n${pem}end`)).toBe('key:\n***end')
    expect(redact(pem.replaceAll('\n', '\n  '))).toMatchInlineSnapshot(`
      "-----BEGIN PRIVATE KEY-----
        ***
        ***
        ***
        -----END PRIVATE KEY-----
        "
    `)
    expect(redact(JSON.stringify({ key: pem }))).toBe('{"key":"***"}')
    expect(redact(`${wrapped}\n`)).toBe('***\n')
    for (const line of wrapped?.split('\n') ?? []) expect(redact(line)).toBe('***')
  })

  it('of bytes that are no text', () => {
    const bytes = Uint8Array.from([0xff, 0x00, 0x80, 0xfe, 0x41])
    const redactor = knowing(bytes)
    const stream = redactor.bytes()
    const shown = Buffer.concat([stream.push(Buffer.concat([Buffer.from('a'), bytes])), stream.flush()])
    expect(shown.toString()).toBe('a***')
    expect(redactor.redact(Buffer.from(bytes).toString('base64'))).toBe('***')
  })

  it('of values that overlap or touch: one mask for all', () => {
    const { redact } = knowing('abcdef', 'defghi', '12345')
    expect(redact('<abcdefghi12345>abcde<')).toBe('<***>abcde<')
  })

  it('in events, whose own words stay readable', () => {
    const { redactEvent } = knowing('service', 'hunter22')
    const event = {
      at: 1,
      type: 'step.failed',
      resource: 'service/api',
      failure: {
        kind: 'deploy',
        message: 'no service for hunter22',
        evidence: ['a', { hunter22: ['hunter22'] }],
      },
    }
    expect(redactEvent(event)).toEqual({
      at: 1,
      type: 'step.failed',
      resource: 'service/api',
      failure: { kind: 'deploy', message: 'no *** for ***', evidence: ['a', { '***': ['***'] }] },
    })
  })
})

it('says which values are too short to be hidden, in characters', () => {
  const redactor = createRedactor()
  expect([
    redactor.learn('abc'),
    redactor.learn('日本語'),
    redactor.learn('abcd'),
    redactor.learn(''),
  ]).toEqual([false, false, true, false])
  expect(redactor.redact('abc 日本語 abcd')).toBe('abc 日本語 ***')
})

it('leaves everything else as it is, bytes that are no text included', () => {
  const redactor = knowing('secret')
  const stream = redactor.bytes()
  const noise = Uint8Array.from({ length: 256 }, (_, index) => index)
  expect(Buffer.concat([stream.push(noise), stream.flush()])).toEqual(Buffer.from(noise))
  expect(redactor.redact('\uFEFFhalf \uD800')).toBe('\uFEFFhalf \uD800')
})

it('learns in the middle of a stream', () => {
  const redactor = createRedactor()
  const stream = redactor.text()
  expect(stream.push('hunter22 hun')).toBe('hunter22 hun')
  redactor.learn('hunter22')
  expect(stream.push('hunter22 hun') + stream.push('t')).toBe('*** ')
  expect(stream.flush()).toBe('hunt')
})

describe('in any pieces', () => {
  const character = fc.constantFrom('a', 'b', 'A', 'B', '0', '1', '/', '+', 'é', '😀', '\n', '"', ' ')
  const secret = fc.string({ minLength: 4, maxLength: 12, unit: character })
  const piece = (values: readonly string[]) =>
    fc.oneof(
      fc.constantFrom(...values),
      fc.constantFrom(...values).map((value) => JSON.stringify(value)),
      fc.constantFrom(...values).map((value) => Buffer.from(value).toString('base64')),
      fc.string({ maxLength: 5, unit: character }),
    )
  const given = fc
    .array(secret, { minLength: 1, maxLength: 3 })
    .chain((values) => fc.tuple(fc.constant(values), fc.array(piece(values), { maxLength: 8 })))

  it('text is hidden as if it came at once', () => {
    fc.assert(
      fc.property(given, fc.infiniteStream(fc.integer({ min: 1, max: 6 })), ([values, pieces], sizes) => {
        const redactor = knowing(...values)
        const text = pieces.join('')
        const shown = inPieces(text, sizes, redactor.text(), (all) => all.join(''))
        expect(shown).toBe(redactor.redact(text))
        for (const value of values) expect(shown).not.toContain(value)
      }),
      { numRuns: 500 },
    )
  })

  it('bytes are hidden as if they came at once', () => {
    fc.assert(
      fc.property(given, fc.infiniteStream(fc.integer({ min: 1, max: 6 })), ([values, pieces], sizes) => {
        const redactor = knowing(...values)
        const text = pieces.join('')
        const shown = inPieces(Buffer.from(text), sizes, redactor.bytes(), (all) => Buffer.concat(all))
        expect(Buffer.from(shown).toString()).toBe(redactor.redact(text))
      }),
      { numRuns: 500 },
    )
  })

  it('of a value inside something that is base64 as a whole, only digits that others share remain', () => {
    const bytes = fc.uint8Array({ maxLength: 7 })
    fc.assert(
      fc.property(secret, bytes, bytes, (value, before, after) => {
        const text = Buffer.concat([before, Buffer.from(value), after])
          .toString('base64')
          .replace(/=+$/, '')
        const shown = knowing(value).redact(text)
        expect(shown).toContain('***')
        const left = shown.replaceAll('***', '').length
        expect(left).toBeLessThanOrEqual(
          Math.ceil((before.length * 8) / 6) + Math.ceil((after.length * 8) / 6) + 1,
        )
      }),
      { numRuns: 500 },
    )
  })
})

function inPieces<C extends string | Uint8Array>(
  whole: C,
  sizes: Iterator<number>,
  stream: RedactingStream<C>,
  join: (all: C[]) => C,
): C {
  const shown: C[] = []
  for (let at = 0; at < whole.length;) {
    const size = Number(sizes.next().value)
    shown.push(stream.push(whole.slice(at, at + size) as C))
    at += size
  }
  return join([...shown, stream.flush()])
}
