import { request, type RequestOptions } from 'node:https'
import { StepError } from '../../plan/step-error.ts'
import type { Fetched, TokenSource } from './credentials.ts'
import { fieldsOf, textOf } from './entries.ts'
import { readFileOf } from './credentials.ts'
import type { LoadedContext } from './kubeconfig.ts'

/** Milliseconds that the identity provider may take to answer. */
const patience = 15_000
/** Milliseconds before its end at which a token counts as ended (client-go: ten seconds). */
const margin = 10_000

/**
 * The id token of the kubeconfig while it is good, then one that its refresh token gets (OpenID Connect Core, section 12). What
 * is got stays in memory: kubeconfigs are never written.
 */
export function oidcSource(context: LoadedContext, config: Readonly<Record<string, string>>): TokenSource {
  let idToken = config['id-token'] ?? ''
  let refreshToken = config['refresh-token'] ?? ''
  return async (isForced) => {
    const end = endOf(idToken)
    if (!isForced && end !== undefined && end - margin > Date.now()) return { token: idToken, expires: end }
    const issuer = config['idp-issuer-url'] ?? ''
    if (refreshToken === '' || issuer === '' || (config['client-id'] ?? '') === '') {
      throw failure(context, 'has ended, and the kubeconfig has no refresh token to get another one')
    }
    const answer = await refresh(context, config, issuer, refreshToken)
    idToken = answer.idToken
    refreshToken = answer.refreshToken ?? refreshToken
    return fetched(idToken)
  }
}

function fetched(token: string): Fetched {
  const end = endOf(token)
  return end === undefined ? { token } : { token, expires: end - margin }
}

/** Epoch milliseconds of a JWT's `exp`. Undefined for what is no JWT. */
function endOf(token: string): number | undefined {
  const payload = token.split('.')[1]
  if (payload === undefined) return undefined
  try {
    const { exp } = fieldsOf(JSON.parse(Buffer.from(payload, 'base64url').toString()))
    return typeof exp === 'number' ? exp * 1000 : undefined
  } catch {
    // Not a token that can be read; the server will judge it.
    return undefined
  }
}

async function refresh(
  context: LoadedContext,
  config: Readonly<Record<string, string>>,
  issuer: string,
  refreshToken: string,
): Promise<{ readonly idToken: string; readonly refreshToken: string | undefined }> {
  const ca = await authorityOf(context, config)
  const discovery = `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`
  const found = fieldsOf(await ask(context, new URL(discovery), { method: 'GET', ...ca }))
  const endpoint = textOf(found['token_endpoint'])
  if (endpoint === undefined || !URL.canParse(endpoint)) {
    throw failure(context, `cannot be renewed: ${issuer} names no token endpoint`)
  }
  const client = `${encodeURIComponent(config['client-id'] ?? '')}:${encodeURIComponent(config['client-secret'] ?? '')}`
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken })
  // A public client has no password, and says who it is in the form.
  const isPublic = (config['client-secret'] ?? '') === ''
  if (isPublic) form.set('client_id', config['client-id'] ?? '')
  const answer = fieldsOf(
    await ask(
      context,
      new URL(endpoint),
      {
        method: 'POST',
        ...ca,
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          ...(!isPublic && { Authorization: `Basic ${Buffer.from(client).toString('base64')}` }),
        },
      },
      form.toString(),
    ),
  )
  const idToken = textOf(answer['id_token'])
  if (idToken === undefined) throw failure(context, `cannot be renewed: ${issuer} sent no id token`)
  return { idToken, refreshToken: textOf(answer['refresh_token']) }
}

async function authorityOf(
  context: LoadedContext,
  config: Readonly<Record<string, string>>,
): Promise<{ ca?: Buffer }> {
  const data = config['idp-certificate-authority-data']
  if (data !== undefined && data !== '') return { ca: Buffer.from(data, 'base64') }
  const path = config['idp-certificate-authority']
  return path === undefined || path === '' ? {} : { ca: await readFileOf(path, context) }
}

function ask(context: LoadedContext, url: URL, options: RequestOptions, body?: string): Promise<unknown> {
  if (url.protocol !== 'https:') {
    return Promise.reject(failure(context, `cannot be renewed: ${url.origin} is not https`))
  }
  return new Promise((resolve, reject) => {
    const asking = request(url, { ...options, timeout: patience }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', broken)
      response.once('end', () => {
        const status = response.statusCode ?? 0
        try {
          const answer = JSON.parse(Buffer.concat(chunks).toString()) as unknown
          if (status === 200) resolve(answer)
          else reject(failure(context, `cannot be renewed: ${refusalWords(url, status, answer)}`))
        } catch {
          reject(failure(context, `cannot be renewed: ${url.origin} answers ${String(status)} and no JSON`))
        }
      })
    })
    const broken = (cause: Error) => {
      reject(failure(context, `cannot be renewed: ${url.origin} does not answer (${cause.message})`, cause))
    }
    asking.once('error', broken)
    asking.once('timeout', () => {
      asking.destroy(new Error(`no answer within ${String(patience / 1000)} s`))
    })
    asking.end(body)
  })
}

/** `error` and `error_description` (RFC 6749, 5.2) hold no secret. */
function refusalWords(url: URL, status: number, answer: unknown): string {
  const { error, error_description: description } = fieldsOf(answer)
  const words = [textOf(error), textOf(description)].filter((each) => each !== undefined).join(': ')
  return `${url.origin} says ${words === '' ? String(status) : words}`
}

function failure({ name, user }: LoadedContext, what: string, cause?: unknown): StepError {
  return new StepError('precondition', `the login of user ${user.name} (context ${name.context}) ${what}`, {
    hint: 'log in again with the tool that wrote the kubeconfig',
    ...(cause !== undefined && { cause }),
  })
}
