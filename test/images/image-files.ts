import { execFile } from 'node:child_process'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { extract } from 'tar-stream'

const run = promisify(execFile)

/** Everything that a layer keeps of the files in `/app` of an image: path → kind, mode, owner, time to the second, content or target. */
export async function filesOf(tag: string): Promise<Readonly<Record<string, string>>> {
  const container = (await run('docker', ['create', tag, '/none'])).stdout.trim()
  try {
    const { stdout } = await run('docker', ['export', container], { encoding: 'buffer', maxBuffer: 1 << 28 })
    const files: Record<string, string> = {}
    const reader = extract()
    reader.end(stdout)
    for await (const entry of reader) {
      const { name, type, mode, uid, gid, mtime, linkname } = entry.header
      const body = await buffer(entry)
      const shown = body.length > 1000 ? `${String(body.length)} bytes` : body.toString()
      // What lies elsewhere the engine itself puts into every container, when it is exported.
      if (!name.startsWith('app')) continue
      const time = type === 'directory' ? '' : `${String(mtime.getTime())} `
      files[name] =
        `${type} ${mode.toString(8)} ${String(uid)}:${String(gid)} ${time}${type === 'symlink' ? linkname : shown}`
    }
    return files
  } finally {
    await run('docker', ['rm', '--force', container])
  }
}
