import { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import { vi } from 'vitest'
import { putArchive } from '../../../src/platform/engine/archive.ts'
import { inspectContainer, startContainer } from '../../../src/platform/engine/containers.ts'
import type { realEngine } from './real-engine.ts'

export const registryLogin = { username: 'me', password: 'hunter2!$' }

/** bcrypt of the password above. */
const htpasswd = 'me:$2b$05$abcdefghijklmnopqrstuu.Z/QWZDUc2YKMf9LLq1e6uybvHWIUky\n'

const loginSettings = [
  'REGISTRY_AUTH=htpasswd',
  'REGISTRY_AUTH_HTPASSWD_REALM=test',
  'REGISTRY_AUTH_HTPASSWD_PATH=/etc/htpasswd',
]

/** A registry on a port of 127.0.0.1, which an engine speaks to without TLS; gone when the file's tests are over. */
export async function startRegistry(
  machine: Awaited<ReturnType<typeof realEngine>>,
  name: string,
  options: { readonly hasLogin?: boolean } = {},
): Promise<string> {
  const { engine, create } = machine
  const id = await create(name, {
    Image: 'registry:2',
    Env: options.hasLogin === true ? loginSettings : [],
    ExposedPorts: { '5000/tcp': {} },
    HostConfig: { PortBindings: { '5000/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } },
  })
  const tar = pack()
  tar.entry({ name: 'htpasswd' }, htpasswd)
  tar.finalize()
  await putArchive(engine, id, '/etc', Readable.from(tar, { objectMode: false }))
  await startContainer(engine, id)
  const port = (await inspectContainer(engine, id)).NetworkSettings.Ports['5000/tcp']?.[0]?.HostPort ?? ''
  // A proxy of the engine may hold a connection that nobody answers yet: each attempt has an end.
  const attempt = (): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/v2/`, { signal: AbortSignal.timeout(2_000) })
  await vi.waitFor(attempt, { timeout: 60_000, interval: 50 })
  return `127.0.0.1:${port}`
}
