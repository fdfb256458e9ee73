import { once } from 'node:events'
import { status, type ServerDuplexStream } from '@grpc/grpc-js'
import { asError, method, type BuildService, type Unanswered } from './build-service.ts'
import {
  decodePacket,
  encodeContent,
  encodeEndOfEntries,
  encodeEntry,
  encodeFinish,
  type ReceivedPacket,
  type SyncedEntry,
} from './file-sync-wire.ts'

/** A folder that BuildKit may ask for. It keeps what it got, and next time asks for the content of what looks different. */
export interface SyncedFolder {
  /** In the order of a walk: `inWalkOrder`. */
  readonly entries: readonly SyncedEntry[]
  /** The content of one of the files, read when it is asked for. */
  readonly read: (entry: SyncedEntry) => AsyncIterable<Uint8Array>
}

type Call = ServerDuplexStream<ReceivedPacket, Buffer>

/** `FileSync` of moby/buildkit, session/filesync/filesync.proto, in its one living form: fsutil's `DiffCopy`. */
export function fileSyncService(
  folders: ReadonlyMap<string, SyncedFolder>,
  unanswered: Unanswered,
): BuildService {
  const diffCopy = (call: Call): void => {
    const [name = ''] = call.metadata.get('dir-name').map(String)
    const folder = folders.get(name)
    if (folder === undefined) {
      call.emit('error', { code: status.NOT_FOUND, details: `there is no folder ${name}` })
      return
    }
    const over = new AbortController()
    for (const end of ['cancelled', 'close', 'error']) {
      call.once(end, () => {
        over.abort()
      })
    }
    send(call, asked(folder, call), over.signal).catch((error: unknown) => {
      // BuildKit went away; why is told by the build.
      if (over.signal.aborted) return
      unanswered.unsent.push(asError(error))
      call.emit('error', { code: status.ABORTED, details: asError(error).message })
    })
  }
  return {
    definition: {
      DiffCopy: method('/moby.filesync.v1.FileSync/DiffCopy', decodePacket, (packet: Buffer) => packet, true),
    },
    implementation: { DiffCopy: diffCopy },
  }
}

/**
 * What else BuildKit narrows the folder by is passed over: its entries are only those that the build reads. One question is for
 * something else: the ignore file, whose snapshot is not that of the context and must not come to hold all of it.
 */
function asked(folder: SyncedFolder, call: Call): SyncedFolder {
  const paths = call.metadata.get('followpaths').map(String)
  if (paths.join() !== '.dockerignore') return folder
  return { ...folder, entries: folder.entries.filter(({ path }) => path === '.dockerignore') }
}

/** All entries, then the content of those that are asked for, in that order: one file is open at a time. */
async function send(call: Call, { entries, read }: SyncedFolder, over: AbortSignal): Promise<void> {
  const write = async (packet: Buffer): Promise<void> => {
    over.throwIfAborted()
    if (!call.write(packet)) await once(call, 'drain', { signal: over })
  }
  for (const entry of entries) await write(encodeEntry(entry))
  await write(encodeEndOfEntries())
  // Left open at the end of the loop: the status of the call has yet to be sent.
  for await (const packet of call.iterator({ destroyOnReturn: false }) as AsyncIterable<ReceivedPacket>) {
    switch (packet.type) {
      case 'requested': {
        const entry = entries[packet.entry]
        if (entry?.kind !== 'file') throw new Error(`there is no file ${String(packet.entry)}`)
        for await (const piece of read(entry)) await write(encodeContent(packet.entry, piece))
        await write(encodeContent(packet.entry, new Uint8Array()))
        break
      }
      case 'failed':
        throw new Error(`the engine could not keep the context: ${packet.message}`)
      case 'finished':
        await write(encodeFinish())
        call.end()
        return
      default:
        packet satisfies never
    }
  }
  throw new Error('the engine ended the sync of files before it had all')
}
