import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Transform } from 'node:stream'
import type { Run } from '../../drivers/driver.ts'
import type { Syncing } from '../../drivers/syncing.ts'
import type { Life } from '../../plan/resource.ts'
import { StepError } from '../../plan/step-error.ts'
import type { Step, SyncFile, SyncWork } from '../../plan/step.ts'
import { ChannelError, type FailedChange, type FileChange } from '../channel/channel.ts'
import type { InsideChannel } from '../channel/inside.ts'
import { RefusedError } from '../channel/refusal.ts'
import { gone, type Ledger, type Standing } from './ledger.ts'
import { markOf } from './tree.ts'

type SyncStep = Extract<Step, { readonly op: 'sync' }>

/** Carries edits into containers, over channels that stay open from one edit to the next. */
export interface Syncer {
  /** Brings every container of a step up to date; throws StepError when one could not be. What failed stays due. */
  apply(step: SyncStep, run: Run): Promise<void>
  /** Opens channels before they are needed, so that the first edit is as fast as the others. */
  prepare(service: string, lives: readonly Life[]): void
  /** Containers that cannot be written to any more. */
  readonly barred: ReadonlySet<string>
  /** Services whose containers refuse what is written for a reason that the next container has too: their user, their root. */
  readonly refusing: ReadonlySet<string>
  close(): void
}

/** A channel may break under a batch this often before its container is given up; a restart in between takes it along. */
const mostTries = 3

export function createSyncer(syncing: Syncing, ledger: Ledger): Syncer {
  const channels = new Map<string, Promise<InsideChannel>>()
  const barred = new Set<string>()
  const refusing = new Set<string>()
  const closing = new AbortController()

  function channelTo(service: string, life: Life): Promise<InsideChannel> {
    const open = channels.get(life.id)
    if (open) return open
    const opening = syncing.open(service, life, closing.signal)
    channels.set(life.id, opening)
    const forget = (): void => {
      if (channels.get(life.id) === opening) channels.delete(life.id)
    }
    opening.then((channel) => channel.closed.then(forget), forget)
    return opening
  }

  async function write(
    service: string,
    life: Life,
    files: readonly SyncFile[],
    signal: AbortSignal,
  ): Promise<Map<string, Standing>> {
    for (let tries = 1; ; tries += 1) {
      const standings = new Map<string, Standing>()
      try {
        const channel = await channelTo(service, life)
        const failed = await channel.apply(
          files.map((file) => changeOf(file, standings)),
          signal,
        )
        // A file that vanished under our hands is the business of the edit that took it away: until then it stays due.
        for (const { path, why } of failed) if (why === 'vanished') standings.delete(path)
        const refusals = failed.filter(({ why }) => why !== 'vanished')
        if (refusals.length === 0) return standings
        if (refusals.some(({ why }) => why !== 'unreadable')) barred.add(life.id)
        if (refusals.some(({ why }) => why === 'permission' || why === 'read-only')) refusing.add(service)
        throw refused(service, life, refusals)
      } catch (error) {
        if (!(error instanceof ChannelError) || signal.aborted) throw error
        channels.delete(life.id)
        if (tries < mostTries) continue
        barred.add(life.id)
        throw new StepError(
          'deploy',
          `service ${service}: ${life.name} cannot be written to: ${error.message}`,
          {
            hint: 'the image is built anew instead',
            cause: error,
          },
        )
      }
    }
  }

  async function bring(
    service: string,
    { life, files }: SyncWork['lives'][number],
    { exec, then }: SyncWork,
    signal: AbortSignal,
  ): Promise<void> {
    await ledger.begin(
      life.id,
      service,
      files.map(({ path }) => path),
    )
    const standings = await write(service, life, files, signal)
    for (const line of exec) await runInside(syncing, service, life, line, signal)
    try {
      await end(service, life, then, signal)
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error
      throw new StepError(
        'deploy',
        `service ${service}: its program in ${life.name} was not told: ${error.message}`,
        {
          hint: 'the files are there; dev.restart says how the program learns of them',
          cause: error,
        },
      )
    }
    // Only now: whatever was interrupted before is done again as a whole.
    ledger.settle(life.id, standings)
  }

  /** One that went away meanwhile lacks nothing any more: whoever comes in its place gets all of it. */
  async function bringIfThere(
    service: string,
    work: SyncWork['lives'][number],
    sync: SyncWork,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await bring(service, work, sync, signal)
    } catch (error) {
      // Where nobody says whether it runs, what went wrong with it counts.
      const isThere = await syncing.isRunning(service, work.life, signal).catch(() => true)
      if (signal.aborted || isThere) throw error
      barred.delete(work.life.id)
    }
  }

  async function end(
    service: string,
    life: Life,
    then: SyncWork['then'],
    signal: AbortSignal,
  ): Promise<void> {
    switch (then.kind) {
      case 'none':
        return
      case 'signal':
        await (await channelTo(service, life)).signalInside(then.signal, signal)
        return
      case 'process': {
        const channel = await restarting(service, life)
        if (channel?.restart) await channel.restart(signal)
        else await restart(service, life, signal)
        return
      }
      case 'container':
        await restart(service, life, signal)
        return
      default:
        then satisfies never
    }
  }

  /** A channel that was opened before the program ran knows nothing to start anew; one that is opened now may. */
  async function restarting(service: string, life: Life): Promise<InsideChannel | undefined> {
    const open = await channelTo(service, life)
    if (open.restart || open.by !== 'agent') return open
    channels.delete(life.id)
    open.close()
    return channelTo(service, life)
  }

  async function restart(service: string, life: Life, signal: AbortSignal): Promise<void> {
    if (!syncing.restart) {
      barred.add(life.id)
      throw new StepError('deploy', `service ${service}: nothing in ${life.name} starts its program anew`, {
        hint: 'the image is built anew instead',
      })
    }
    await syncing.restart(service, life, signal)
  }

  return {
    barred,
    refusing,
    async apply({ wanted, sync }, run) {
      const ends = await Promise.allSettled(
        sync.lives.map((work) => bringIfThere(wanted.name, work, sync, run.signal)),
      )
      const failed = ends.find((end) => end.status === 'rejected')
      if (failed) throw failed.reason
    },
    prepare(service, lives) {
      for (const life of lives) {
        // A container that cannot be reached is told when something is to be written to it.
        if (life.isRunning) channelTo(service, life).catch(() => undefined)
      }
    },
    close() {
      closing.abort()
      for (const channel of channels.values()) channel.then((open) => open.close()).catch(() => undefined)
    },
  }
}

/** The standing is taken from the bytes that were sent: the file may have changed since it was looked at. */
function changeOf({ path, wanted }: SyncFile, standings: Map<string, Standing>): FileChange {
  if (!wanted) {
    standings.set(path, gone)
    return { op: 'remove', path }
  }
  standings.set(path, markOf(wanted))
  switch (wanted.kind) {
    case 'directory':
      return { op: 'folder', path }
    case 'link':
      return { op: 'link', path, target: wanted.content }
    case 'file':
      return {
        op: 'write',
        path,
        mode: wanted.mode,
        read: () => {
          const hash = createHash('sha256')
          const hashed = new Transform({
            transform(chunk: Buffer, _encoding, done) {
              hash.update(chunk)
              done(null, chunk)
            },
            flush(done) {
              standings.set(path, markOf({ ...wanted, content: hash.digest('hex') }))
              done()
            },
          })
          const file = createReadStream(wanted.source)
          file.once('error', (error) => hashed.destroy(error))
          return file.pipe(hashed)
        },
      }
    default:
      return wanted.kind satisfies never
  }
}

async function runInside(
  syncing: Syncing,
  service: string,
  life: Life,
  line: string,
  signal: AbortSignal,
): Promise<void> {
  const { exitCode, output } = await syncing.run(service, life, line, signal)
  if (exitCode === 0) return
  throw new StepError(
    'deploy',
    `service ${service}: dev.exec “${line}” ended with ${exitCode} in ${life.name}`,
    {
      evidence: output.trimEnd().split('\n').slice(-20),
      hint: 'mend it and save again: the files are there, and the command is run anew',
    },
  )
}

function refused(service: string, life: Life, failed: readonly FailedChange[]): StepError {
  const [first] = failed
  const more = failed.length > 1 ? ` and ${failed.length - 1} more` : ''
  return new StepError(
    'deploy',
    `service ${service}: ${first?.path ?? ''}${more} could not be written in ${life.name}`,
    {
      evidence: failed.slice(0, 10).map(({ path, message }) => `${path}: ${message}`),
      hint: first ? hintFor(first) : 'the image is built anew instead',
    },
  )
}

function hintFor({ why, path }: FailedChange): string {
  switch (why) {
    case 'permission':
      return `the program's user may not write there: COPY --chown in the Dockerfile, or dev.sync: off; the image is built anew instead`
    case 'read-only':
      return 'the root of the container is read-only; the image is built anew instead'
    case 'no-space':
      return 'the disk of the container is full; the image is built anew instead'
    case 'wrong-kind':
      return `what is at ${path} is of another kind; the image is built anew instead`
    case 'too-long':
    case 'other':
      return 'the image is built anew instead'
    case 'unreadable':
    case 'vanished':
      return 'it is tried again with the next edit'
    default:
      return why satisfies never
  }
}
