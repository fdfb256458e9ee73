import { errorAt, type Span } from '../../stack/diagnostics.ts'
import { defaults } from '../../stack/language/defaults.ts'
import type { MergedFile } from '../../stack/language/profile.ts'
import { parseServiceUrl } from '../../stack/language/values.ts'
import type {
  Cert,
  HttpStep,
  ImageSource,
  OutputExpectation,
  Service,
  Smoke,
  SmokeCheck,
} from '../resolved.ts'
import { joined, type Reference, type Text } from '../text.ts'
import { portNamed } from './ports.ts'
import { defaultDuration, mapValues, stringsOf, type Reading } from './reading.ts'
import { folderOf, type Surroundings } from './service.ts'
import * as workload from './workload.ts'

type SmokeFile = NonNullable<MergedFile['smoke']> extends ReadonlyMap<string, infer S> ? S : never
type StepFile = NonNullable<SmokeFile['http']>[number]

/** `services` are those of the stack, whose ports a check may name. */
export interface SmokeSurroundings extends Surroundings {
  readonly services: ReadonlyMap<string, Service>
  readonly certs: ReadonlyMap<string, Cert>
  /** Another stage of an image of the stack, as an image of its own. */
  readonly stageOf: (image: ImageSource, target: string) => ImageSource
}

/** Undefined only where decoding has reported that no member is there. */
export function smokeOf(
  reading: Reading,
  name: string,
  written: SmokeFile,
  from: Span,
  around: SmokeSurroundings,
): Smoke | undefined {
  const check = checkOf(reading, written, around)
  return (
    check && {
      name,
      check,
      timeout: written.timeout ?? defaultDuration(defaults.smoke.timeout),
      tries: written.tries ?? defaults.smoke.tries,
      from,
    }
  )
}

function checkOf(reading: Reading, written: SmokeFile, around: SmokeSurroundings): SmokeCheck | undefined {
  const { http, tcp, exec, run } = written
  if (http) return { kind: 'http', steps: http.flatMap((step) => httpStep(reading, step, around) ?? []) }
  if (tcp !== undefined) {
    const colon = tcp.indexOf(':')
    return {
      kind: 'tcp',
      ...portOfService(
        reading,
        around,
        tcp.slice(0, colon),
        tcp.slice(colon + 1),
        reading.at(written, 'tcp'),
      ),
    }
  }
  if (exec) {
    return {
      kind: 'exec',
      service: exec.service,
      command: exec.command.map((each) => reading.textOf(each)),
      workingDir: exec.workingDir,
      expect: outputOf(exec.expect),
    }
  }
  const image = run && workload.imageSourceOf(reading, run.image)
  if (!image) return undefined
  return {
    kind: 'run',
    image: run.target === undefined ? image : around.stageOf(image, run.target),
    command: workload.textsOf(reading, run.command),
    env: workload.environmentOf(reading, run.env),
    process: workload.processOf(reading, run.process, folderOf(reading, image, around.images)),
    expect: outputOf(run.expect),
  }
}

function outputOf(written: NonNullable<SmokeFile['exec']>['expect']): OutputExpectation {
  return {
    exit: written?.exit ?? defaults.smoke.exit,
    lastLine: written?.lastLine,
    contains: written?.contains ?? [],
    matches: written?.matches,
  }
}

const methods = ['get', 'post', 'put', 'patch', 'delete', 'head'] as const

function httpStep(reading: Reading, written: StepFile, around: SmokeSurroundings): HttpStep | undefined {
  const key = methods.find((method) => written[method] !== undefined) ?? 'url'
  const address = written[key]
  if (address === undefined) return undefined
  const from = reading.at(written)
  const { body, headers } = bodyOf(reading, written, from)
  const { tls, expect } = written
  return {
    method: key === 'url' ? (written.method ?? 'GET') : key.toUpperCase(),
    url: urlOf(reading, reading.textOf(address), around),
    scheme: written.scheme ?? 'http',
    headers,
    body,
    tls: {
      ca: tls?.ca,
      client: clientOf(reading, tls, around),
      insecure: tls?.insecure ?? false,
    },
    capture: stringsOf(written.capture),
    expect: {
      status: expect?.status ?? [defaults.smoke.status],
      json: jsonParts(reading.plain(expect?.json)),
      contains: expect?.contains ?? [],
      equals: expect?.equals,
      matches: expect?.matches,
      headers: stringsOf(expect?.headers),
    },
    from,
  }
}

/** `service:port/path`, or a whole URL. What comes before the path must be known now, the path may hold references. */
function urlOf(reading: Reading, text: Text, around: SmokeSurroundings): HttpStep['url'] {
  const [head, ...rest] = text.parts
  const url = typeof head === 'string' ? parseServiceUrl(head) : undefined
  if (url) {
    const { service, port } = portOfService(reading, around, url.service, url.port, text.from)
    return { kind: 'service', service, port, path: { parts: [url.path, ...rest], from: text.from } }
  }
  if (typeof head === 'string' && !/^https?:\/\//.test(head)) {
    reading.report(
      errorAt(
        'smoke/url',
        `“${head}” begins neither service:port nor a whole URL`,
        text.from,
        'write `service:port/path`',
      ),
    )
  }
  return { kind: 'absolute', url: text }
}

function portOfService(
  reading: Reading,
  around: SmokeSurroundings,
  name: string,
  port: string,
  span: Span,
): { service: string; port: string } {
  const service = around.services.get(name)
  return { service: name, port: service ? portNamed(reading, service, port, span) : port }
}

function bodyOf(reading: Reading, written: StepFile, from: Span): Pick<HttpStep, 'body' | 'headers'> {
  const headers = mapValues(written.headers, (value) => reading.textOf(value))
  if (written.json === undefined)
    return { headers, body: written.body === undefined ? undefined : reading.textOf(written.body) }
  const hasType = [...headers.keys()].some((name) => name.toLowerCase() === 'content-type')
  const type: [string, Text][] = hasType ? [] : [['content-type', { parts: ['application/json'], from }]]
  return {
    headers: new Map([...headers, ...type]),
    body: jsonText(reading, written.json, reading.at(written, 'json')),
  }
}

type TlsFile = StepFile['tls']

/** The certificate to show; a cert with several leaves leaves the choice to the user. */
function clientOf(reading: Reading, tls: TlsFile, around: SmokeSurroundings): HttpStep['tls']['client'] {
  if (!tls?.client) return undefined
  const { cert, leaf } = tls.client
  const leaves = [...(around.certs.get(cert)?.leaves.keys() ?? [])]
  const chosen = leaf ?? (leaves.length === 1 ? leaves[0] : undefined)
  if (leaves.length > 0 && (chosen === undefined || !leaves.includes(chosen))) {
    const message = chosen === undefined ? `${cert} has several leaves` : `${cert} has no leaf ${chosen}`
    const hint = `write \`leaf:\` with one of ${leaves.join(', ')}`
    reading.report(
      errorAt('smoke/leaf', message, reading.at(tls.client, leaf === undefined ? 'cert' : 'leaf'), hint),
    )
  }
  return { cert, leaf: chosen ?? cert }
}

/** A map speaks of keys or paths of the answer; anything else of the whole answer, which is the path `$`. */
function jsonParts(expected: unknown): ReadonlyMap<string, unknown> {
  if (expected === undefined) return new Map()
  const isMap = typeof expected === 'object' && expected !== null && !Array.isArray(expected)
  return new Map(isMap ? Object.entries(expected) : [['$', expected]])
}

/** JSON whose strings may hold references; what stands around them is quoted as JSON wants it. */
function jsonText(reading: Reading, value: unknown, from: Span): Text {
  const parts: (string | Reference)[] = []
  const write = (each: unknown): void => {
    const text = typeof each === 'string' ? reading.textIn(each) : undefined
    if (text) {
      parts.push(
        '"',
        ...text.parts.map((part) => (typeof part === 'string' ? JSON.stringify(part).slice(1, -1) : part)),
        '"',
      )
    } else if (Array.isArray(each)) {
      parts.push('[')
      each.forEach((item, index) => {
        if (index > 0) parts.push(',')
        write(item)
      })
      parts.push(']')
    } else if (typeof each === 'object' && each !== null) {
      parts.push('{')
      Object.entries(each).forEach(([key, item], index) => {
        parts.push(`${index > 0 ? ',' : ''}${JSON.stringify(key)}:`)
        write(item)
      })
      parts.push('}')
    } else parts.push(JSON.stringify(each))
  }
  write(value)
  return { parts: joined(parts), from }
}
