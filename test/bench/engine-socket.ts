import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** The socket of the engine that the docker CLI talks to; floors talk to it without any library. */
export async function engineSocket(): Promise<string> {
  const host = process.env['DOCKER_HOST'] ?? (await contextHost())
  if (!host.startsWith('unix://'))
    throw new Error(`the benches need an engine behind a Unix socket, not ${host}`)
  return host.slice('unix://'.length)
}

async function contextHost(): Promise<string> {
  const words = ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}']
  return (await promisify(execFile)('docker', words)).stdout.trim()
}
