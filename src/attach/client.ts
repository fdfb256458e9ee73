import { lstatSync, type Stats } from 'node:fs'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { StepError, type StepErrorKind } from '../plan/step-error.ts'
import { devSocketPath } from '../session/socket-path.ts'
import { lineOver, type Line } from '../session/socket.ts'
import type { Event } from '../state/events.ts'
import {
  attachProtocol,
  readFromDev,
  readHello,
  type Answer,
  type FromViewer,
  type Hello,
  type LogText,
  type RemoteIntent,
  type Replay,
  type Wants,
} from './protocol.ts'

/** Each is called in the order in which `dev` spoke; `onReplay` comes first. */
export interface Listener {
  readonly onReplay: (replay: Replay) => void
  readonly onEvent?: (event: Event) => void
  readonly onLogs?: (lines: readonly LogText[]) => void
  readonly onSettled?: (exitCode: number) => void
}

/** How a connection ended: `dev` said goodbye, it went away without a word (or dropped us), or we closed it. */
export type LinkEnd =
  | { readonly kind: 'ended'; readonly exitCode: number }
  | { readonly kind: 'lost' }
  | { readonly kind: 'closed' }

/** A connection to the running `dev` of an instance. */
export interface DevLink {
  readonly hello: Hello
  attach(wants: Wants, listener: Listener): void
  /** A word for the person, or nothing. StepError when `dev` refuses, or goes away before it answers. */
  act(intent: RemoteIntent): Promise<string | undefined>
  readonly end: Promise<LinkEnd>
  close(): void
}

/** Milliseconds in which a `dev` says hello, even on a busy machine. */
const answerLimit = 5_000

/**
 * The `dev` that runs for this state folder; undefined when none does, a socket of a killed one included. StepError
 * (`precondition`) for a socket that cannot be talked to: somebody else's, of another version, silent, or not of `dev` at all.
 */
export async function findDev(state: string, limit: number = answerLimit): Promise<DevLink | undefined> {
  const path = devSocketPath(state)
  if (process.platform !== 'win32') {
    const status = statusOf(path)
    if (!status) return undefined
    if (!status.isSocket())
      throw refusal(`${path} is no socket`, 'remove it, or run iamstack dev, which puts its own there')
    if (status.uid !== userInfo().uid) throw othersSocket(path)
  }
  return connectTo(path, limit)
}

/** The same `dev` as before, after a connection to it was lost: it drops readers that do not keep up. Undefined when it is gone. */
export async function findAgain(state: string, { pid, startedAt }: Hello): Promise<DevLink | undefined> {
  const link = await findDev(state).catch(() => undefined)
  if (link?.hello.pid === pid && link.hello.startedAt === startedAt) return link
  link?.close()
  return undefined
}

/** Waits until a `dev` answers; undefined when that did not happen within so many milliseconds. */
export async function awaitDev(state: string, within: number): Promise<DevLink | undefined> {
  const deadline = Date.now() + within
  for (;;) {
    const link = await findDev(state)
    if (link || Date.now() > deadline) return link
    await sleep(50)
  }
}

function statusOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    // Not even the folder can be looked into.
    if ((error as NodeJS.ErrnoException).code === 'EACCES') throw othersSocket(path)
    throw error
  }
}

function connectTo(path: string, limit: number): Promise<DevLink | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    const line = lineOver<unknown, FromViewer>(socket)
    const timer = setTimeout(() => {
      refuse(
        refusal(
          `dev does not answer on ${path}`,
          'if it is suspended (Ctrl-Z), fg in its terminal wakes it; otherwise end its process',
        ),
      )
    }, limit)
    function refuse(error: StepError): void {
      clearTimeout(timer)
      reject(error)
      socket.destroy()
    }
    let code: string | undefined
    let isAnswered = false
    socket.prependListener('error', (error: NodeJS.ErrnoException) => {
      code = error.code
    })
    line.onClose(() => {
      clearTimeout(timer)
      if (code === 'EACCES' || code === 'EPERM') reject(othersSocket(path))
      else if (!isAnswered && socket.bytesRead > 0) reject(garbage(path))
      else resolve(undefined)
    })
    const onFirst = (value: unknown): void => {
      if (isAnswered) return
      isAnswered = true
      const read = readHello(value)
      clearTimeout(timer)
      switch (read.kind) {
        case 'ours':
          resolve(linkOver(line, read.hello))
          return
        case 'other':
          refuse(otherVersion(read.pid, read.protocol))
          return
        case 'garbage':
          refuse(garbage(path))
          return
        default:
          read satisfies never
      }
    }
    line.onMessage(onFirst)
  })
}

function linkOver(line: Line<unknown, FromViewer>, hello: Hello): DevLink {
  const waiting = new Map<number, { answered: (answer: Answer) => void; lost: (error: StepError) => void }>()
  let listener: Listener | undefined
  let last = 0
  let how: LinkEnd = { kind: 'lost' }
  let isOver = false
  let over: (end: LinkEnd) => void
  const end = new Promise<LinkEnd>((resolve) => {
    over = resolve
  })
  line.onMessage((value) => {
    const message = readFromDev(value)
    switch (message?.type) {
      case 'replay':
        listener?.onReplay(message)
        return
      case 'event':
        listener?.onEvent?.(message.event)
        return
      case 'logs':
        listener?.onLogs?.(message.lines)
        return
      case 'settled':
        listener?.onSettled?.(message.exitCode)
        return
      case 'answer':
        waiting.get(message.id)?.answered(message)
        waiting.delete(message.id)
        return
      case 'ended':
        how = { kind: 'ended', exitCode: message.exitCode }
        return
      case undefined:
        // The hello comes by here too; what else is unknown is nothing that we need.
        return
      default:
        message satisfies never
    }
  })
  line.onClose(() => {
    isOver = true
    for (const { lost } of waiting.values()) lost(gone(hello))
    waiting.clear()
    over(how)
  })
  return {
    hello,
    attach(wants, next) {
      listener = next
      line.send({ type: 'attach', looks: wants.looks, logs: wants.logs })
    },
    async act(intent) {
      if (isOver) throw gone(hello)
      const answer = await new Promise<Answer>((answered, lost) => {
        last += 1
        waiting.set(last, { answered, lost })
        line.send({ type: 'act', id: last, intent })
      })
      if (answer.ok) return answer.word
      const { kind, message, evidence, hint } = answer.failure
      throw new StepError(kind as StepErrorKind, message, { evidence, ...(hint !== undefined && { hint }) })
    },
    end,
    close() {
      if (how.kind === 'lost') how = { kind: 'closed' }
      line.destroy()
    },
  }
}

function refusal(message: string, hint: string): StepError {
  return new StepError('precondition', message, { hint })
}

function gone({ pid }: Hello): StepError {
  return refusal(`dev (process ${pid}) went away before it answered`, 'iamstack dev starts it anew')
}

function garbage(path: string): StepError {
  return refusal(
    `what listens on ${path} does not speak as dev does`,
    'end it, or remove the socket; iamstack dev then puts its own there',
  )
}

function othersSocket(path: string): StepError {
  return refusal(
    `${path} belongs to another user`,
    'ask them, or have an instance of your own (--instance), or another state folder (IAMSTACK_STATE)',
  )
}

function otherVersion(pid: number, protocol: number): StepError {
  const which = protocol > attachProtocol ? 'a newer' : 'an older'
  return refusal(
    `dev (process ${pid}) is of ${which} iamstack: it speaks version ${protocol}, this one ${attachProtocol}`,
    `attach with the iamstack that it was started with, or end it (kill ${pid}) and start it anew`,
  )
}
