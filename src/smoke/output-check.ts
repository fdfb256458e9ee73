import { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { StepError } from '../plan/step-error.ts'
import type { OutputExpectation, Smoke, SmokeCheck } from '../resolve/resolved.ts'
import type { Span } from '../stack/diagnostics.ts'
import { brief } from './expect-answer.ts'
import { expression } from './expression.ts'
import type { Attempt, Output, RunSmoke } from './target.ts'
import { render } from './text.ts'

type ExecCheck = Extract<SmokeCheck, { readonly kind: 'exec' }>

/** Runs a command in a service and looks at how it ends. */
export async function checkExec(check: ExecCheck, { from }: Smoke, attempt: Attempt): Promise<void> {
  const { service, workingDir } = check
  const command: string[] = []
  for (const text of check.command) command.push(await render(text, attempt, { service }))
  const transcript = transcribe()
  const request = {
    service,
    command,
    workingDir,
    replica: undefined,
    env: new Map<string, string>(),
    tty: false,
  }
  const exit = await attempt.target.exec(
    { ...request, stdin: undefined, ...transcript.output },
    attempt.signal,
  )
  throwUnmet(exit, transcript, check.expect, from)
}

/** Runs an image or process to its end and looks at how it ends. */
export async function checkRun(smoke: RunSmoke, attempt: Attempt): Promise<void> {
  const transcript = transcribe()
  const exit = await attempt.target.runOnce(smoke, transcript.output, attempt.signal)
  throwUnmet(exit, transcript, smoke.check.expect, smoke.from)
}

const evidenceLines = 20

function throwUnmet(exit: number, transcript: Transcript, expect: OutputExpectation, span: Span): void {
  const lines = transcript
    .all()
    .split('\n')
    .filter((line) => line.trim() !== '')
  const [first, ...others] = unmetIn(exit, transcript, expect)
  if (first === undefined) return
  const evidence = [...others, ...lines.slice(-evidenceLines)]
  throw new StepError('smoke', first, { span, evidence, isTerminal: false })
}

/** Everything in which the end is not what was expected; empty when it is. */
function unmetIn(exit: number, transcript: Transcript, expect: OutputExpectation): string[] {
  const unmet: string[] = []
  if (exit !== expect.exit) unmet.push(`expected exit code ${expect.exit}, got ${exit}`)
  const text = transcript.all()
  if (expect.lastLine !== undefined) {
    const last = transcript.lastLine()
    if (last !== expect.lastLine.trim())
      unmet.push(
        `expected the last line “${brief(expect.lastLine)}”, got ${last === undefined ? 'no output' : `“${brief(last)}”`}`,
      )
  }
  for (const part of expect.contains)
    if (!text.includes(part)) unmet.push(`expected “${brief(part)}” in the output`)
  if (expect.matches !== undefined && !expression(expect.matches).test(text))
    unmet.push(`expected output that matches ${expect.matches}`)
  return unmet
}

interface Transcript {
  readonly output: Output
  /** Everything in the order of its arrival, without colours and cursor movements. */
  readonly all: () => string
  /** The last line with anything in it: of standard output, or where nothing was written there, of standard error. */
  readonly lastLine: () => string | undefined
}

/** Bytes of each stream that are kept: the last ones, where the verdict is. */
const longestOutput = 4 * 1024 * 1024

function transcribe(): Transcript {
  const [all, stdout] = [tail(), tail()]
  const stream = (...tails: Tail[]): Writable =>
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        for (const each of tails) each.add(chunk)
        done()
      },
    })
  const lastOf = (text: string): string | undefined =>
    text
      .split('\n')
      .map((line) => line.trim())
      .findLast((line) => line !== '')
  return {
    output: { stdout: stream(all, stdout), stderr: stream(all) },
    all: () => all.text(),
    lastLine: () => lastOf(stdout.text()) ?? lastOf(all.text()),
  }
}

interface Tail {
  add(chunk: Buffer): void
  text(): string
}

function tail(): Tail {
  const chunks: Buffer[] = []
  let length = 0
  return {
    add: (chunk) => {
      chunks.push(chunk)
      length += chunk.length
      for (let [first] = chunks; first && length - first.length >= longestOutput; [first] = chunks) {
        chunks.shift()
        length -= first.length
      }
    },
    // A lone carriage return begins a line anew, as progress bars do.
    text: () => stripVTControlCharacters(Buffer.concat(chunks).toString('utf8')).replace(/\r\n?/g, '\n'),
  }
}
