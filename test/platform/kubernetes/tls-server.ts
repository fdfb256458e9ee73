import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { run } from '../../../src/platform/run.ts'
import { temporaryFolder } from './fake-api.ts'

/** A certificate for `name` that is its own authority, with its key; undefined where there is no openssl to make one. */
export async function selfSigned(name: string) {
  const folder = await temporaryFolder()
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const form = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1']
  const names = ['-subj', '/CN=ann', '-addext', `subjectAltName=${name}`]
  const made = await run(['openssl', 'req', '-x509', ...form, ...names, '-keyout', key, '-out', cert]).catch(
    () => undefined,
  )
  return made?.exitCode === 0 ? { cert: await readFile(cert), key: await readFile(key) } : undefined
}

/** On a free port of loopback, until the test is over. */
export async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    if ('closeAllConnections' in server) (server.closeAllConnections as () => void)()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
