import type { Duplex } from 'node:stream'
import { refusal } from './answer.ts'
import type { Connection } from './connection.ts'
import type { UpgradeRequest } from './upgrade.ts'

/**
 * Asks the engine to speak another protocol on the connection from here on. Without dockerode, which a build would wait a quarter
 * of a second for. Throws EngineError where the engine answers instead, or the connection's own error.
 */
export async function switchProtocol(
  connection: Connection,
  protocol: string,
  { path, headers }: UpgradeRequest,
): Promise<Duplex> {
  const request = connection.start({
    method: 'POST',
    path: connection.basePath + path,
    headers: {
      Connection: 'Upgrade',
      Upgrade: protocol,
      ...Object.fromEntries(
        Object.entries(headers ?? {}).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : [...value],
        ]),
      ),
    },
  })
  return await new Promise((resolve, reject) => {
    request.once('upgrade', (_response, socket, head) => {
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
    })
    request.once('response', (response) => {
      refusal(response, 'POST', path.replace(/^\/v[\d.]+/, '')).then(reject, reject)
    })
    request.once('error', reject)
    request.end()
  })
}
