import { StepError } from '../plan/step-error.ts'
import type { HttpStep } from '../resolve/resolved.ts'
import { textAsWritten } from '../resolve/text.ts'
import { exchange, ExchangeError, type Answer, type Question, type Tls } from './exchange.ts'
import { brief, jsonOf, unmetIn } from './expect-answer.ts'
import { atPath } from './json.ts'
import { hostInUrl } from './network.ts'
import type { Attempt } from './target.ts'
import { render } from './text.ts'

/** Makes the requests one after the other; later ones may use what earlier ones captured. Throws StepError at the first that fails. */
export async function checkHttp(steps: readonly HttpStep[], attempt: Attempt): Promise<void> {
  const captures = new Map<string, string>()
  for (const [index, step] of steps.entries()) {
    const name = `${step.method} ${pathOf(step)}`
    const position = steps.length > 1 ? `step ${index + 1} ${name}` : name
    const began = performance.now()
    try {
      await checkStep(step, position, attempt, captures)
    } finally {
      attempt.steps.push({ name, milliseconds: performance.now() - began })
    }
  }
}

function pathOf({ url }: HttpStep): string {
  if (url.kind === 'absolute') return textAsWritten(url.url)
  const path = textAsWritten(url.path)
  return path.startsWith('/') ? path : `/${path}`
}

async function checkStep(
  step: HttpStep,
  position: string,
  attempt: Attempt,
  captures: Map<string, string>,
): Promise<void> {
  const question = await questionOf(step, attempt, captures)
  const answer = await ask(question, step, position, attempt.signal)
  const unmet = await unmetIn(answer, step.expect)
  if (unmet.length === 0) unmet.push(...(await capture(step, answer, captures)))
  const [first, ...others] = unmet
  if (first === undefined) return
  throw new StepError('smoke', `${position}: ${first}`, {
    span: step.from,
    evidence: [...others, ...excerptOf(answer)],
    isTerminal: false,
  })
}

async function ask(
  question: Question,
  step: HttpStep,
  position: string,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    return await exchange(question, signal)
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error
    const message = `${position}: ${error.message}`
    const evidence = [`asked ${question.url.host}`]
    throw new StepError('smoke', message, { span: step.from, evidence, isTerminal: false })
  }
}

async function questionOf(
  step: HttpStep,
  attempt: Attempt,
  captures: ReadonlyMap<string, string>,
): Promise<Question> {
  const headers = new Map<string, string>()
  for (const [name, text] of step.headers) headers.set(name, await render(text, attempt, 'host', captures))
  return {
    method: step.method,
    url: await urlOf(step, attempt, captures),
    headers,
    body: step.body && (await render(step.body, attempt, 'host', captures)),
    tls: await tlsOf(step, attempt),
    service: step.url.kind === 'service' ? step.url.service : undefined,
  }
}

async function urlOf(
  { url, scheme, from }: HttpStep,
  attempt: Attempt,
  captures: ReadonlyMap<string, string>,
): Promise<URL> {
  if (url.kind === 'absolute') {
    const written = await render(url.url, attempt, 'host', captures)
    if (/^https?:/i.test(written) && URL.canParse(written)) return new URL(written)
    throw new StepError('smoke', `${textAsWritten(url.url)} is no URL`, { span: from })
  }
  const endpoint = await attempt.target.endpoint(url.service, url.port)
  if (!endpoint) throw unreachable(url.service, url.port, from)
  const path = await render(url.path, attempt, 'host', captures)
  const origin = `${scheme}://${hostInUrl(endpoint.host)}:${endpoint.port}`
  return new URL(path.startsWith('/') ? origin + path : `${origin}/${path}`)
}

export function unreachable(service: string, port: string, span: HttpStep['from']): StepError {
  const message = `${service}:${port} cannot be reached from this machine`
  const hint = `expose it, \`expose: { ${port}: local }\`, or test it from inside with \`exec\``
  return new StepError('smoke', message, { span, hint, isTerminal: false })
}

async function tlsOf({ tls, from }: HttpStep, { materials }: Attempt): Promise<Tls> {
  const file = async (cert: string, name: string): Promise<string> => {
    const found = (await materials.cert(cert)).get(name)
    if (found) return new TextDecoder().decode(found.bytes)
    throw new StepError('smoke', `cert ${cert} has no ${name}`, { span: from })
  }
  const { ca, client, insecure } = tls
  return {
    ca: ca === undefined ? undefined : await file(ca, 'ca.crt'),
    client: client && {
      cert: await file(client.cert, `${client.leaf}.crt`),
      key: await file(client.cert, `${client.leaf}.key`),
    },
    insecure,
  }
}

/** Keeps what later steps read; returns what could not be captured. */
async function capture(step: HttpStep, answer: Answer, captures: Map<string, string>): Promise<string[]> {
  if (step.capture.size === 0) return []
  const json = jsonOf(answer)
  if (!json.ok) return [json.problem]
  const unmet: string[] = []
  for (const [name, path] of step.capture) {
    const found = await atPath(json.value, path)
    if (!found.ok) unmet.push(`cannot capture ${name}: ${found.problem}`)
    else captures.set(name, typeof found.value === 'string' ? found.value : JSON.stringify(found.value))
  }
  return unmet
}

const excerptLines = 10

/** What a person would look at next: the beginning of the answer. */
function excerptOf({ status, headers, body, isCut }: Answer): string[] {
  const type = headers['content-type'] ?? 'no content type'
  const lines = body
    .split('\n')
    .slice(0, excerptLines)
    .map(brief)
    .filter((line) => line !== '')
  const isMore = isCut || body.split('\n').length > excerptLines
  return [`answer: ${status}, ${type}${body === '' ? ', no body' : ''}`, ...lines, ...(isMore ? ['…'] : [])]
}
