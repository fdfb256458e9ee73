import { createServer, type IncomingMessage } from 'node:http'
import { afterEach, vi } from 'vitest'

export interface Answer {
  readonly status: number
  readonly body: string
  readonly type?: string
}

/** What a server of AWS says in the query protocol when it refuses something. */
export function refusal(status: number, code: string, message: string): Answer {
  const side = status < 500 ? 'Sender' : 'Receiver'
  const body = `<ErrorResponse><Error><Type>${side}</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`
  return { status, body, type: 'text/xml' }
}

export const ada: Answer = {
  status: 200,
  type: 'text/xml',
  body: '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/Admin/ada</Arn><UserId>A</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
}

/**
 * Something that speaks like AWS, and the environment in which the SDK finds it with keys that mean nothing. The last answer is
 * given again and again. Ends with the test.
 */
export async function localAws(
  ...answers: readonly (Answer | 'cut')[]
): Promise<{ readonly requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)]
    requests.push(request)
    if (answer === undefined || answer === 'cut') {
      response.writeHead(200, { 'Content-Type': 'text/xml', 'Content-Length': '4096' })
      response.write('<?xml', () => request.socket.destroy())
      return
    }
    response.writeHead(answer.status, { 'Content-Type': answer.type ?? 'text/plain' })
    response.end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  withKeys(`http://127.0.0.1:${port}`)
  return { requests }
}

const servers: ReturnType<typeof createServer>[] = []
afterEach(() => {
  vi.unstubAllEnvs()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** Nothing of the machine's own settings counts. */
export function withKeys(endpoint: string, { hasKeys = true } = {}): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint)
  if (!hasKeys) return
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAIOSFODNN7EXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'a-secret-that-nobody-may-see')
}
