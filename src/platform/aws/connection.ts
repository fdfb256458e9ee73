import { setTimeout as sleep } from 'node:timers/promises'
import { asAwsError, isPassing, type AwsCall } from './aws-error.ts'

export interface AwsOptions {
  readonly region: string
  /** Profile of the AWS configuration; undefined: AWS_PROFILE, keys in the environment, and so on along the ordinary chain. */
  readonly profile: string | undefined
  /** Asks for the code of a second factor, once; the credentials are then kept as long as they are good. Absent: nobody can be asked. */
  readonly askCode?: (device: string) => Promise<string>
}

/** Keys as the SDK gives them. Secrets. */
export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

/** What every client is made with. Nothing is loaded or asked for before it is used. */
export interface AwsConnection {
  readonly options: AwsOptions
  readonly credentials: () => Promise<AwsKeys>
  /** For the constructor of a client of the SDK. The address is the region's own, or AWS_ENDPOINT_URL. */
  readonly config: {
    readonly region: string
    readonly credentials: () => Promise<AwsKeys>
    readonly maxAttempts: number
    readonly retryMode: 'standard'
  }
}

/** The SDK tries so often by itself, each time after a pause of a random length that doubles. */
const attempts = 5

export function connectAws(options: AwsOptions): AwsConnection {
  const { region, profile, askCode } = options
  // Which Node its next versions want, the SDK would tell whoever runs a command; we name the version that is used.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
  let provider: Promise<() => Promise<AwsKeys>> | undefined
  const load = async (): Promise<() => Promise<AwsKeys>> => {
    const { defaultProvider } = await import('@aws-sdk/credential-provider-node')
    return defaultProvider({
      clientConfig: { region },
      ...(profile !== undefined && { profile }),
      ...(askCode && { mfaCodeProvider: askCode }),
    })
  }
  // One for all clients, so that a second factor is asked for once.
  const credentials = async (): Promise<AwsKeys> => await (await (provider ??= load()))()
  return {
    options,
    credentials,
    config: { region, credentials, maxAttempts: attempts, retryMode: 'standard' },
  }
}

/** Milliseconds before each further try of a call that may be made twice. */
const pauses = [500, 2000, 5000]

/**
 * Makes a call of an SDK. What passes by itself is tried again beyond what the SDK does, which takes a cut answer or a proxy's page
 * for the service's word. Every error comes out as AwsError, an abort as the signal's own reason.
 */
export async function callAws<T>(
  { options }: Pick<AwsConnection, 'options'>,
  service: AwsCall['service'],
  action: string,
  signal: AbortSignal,
  send: () => Promise<T>,
): Promise<T> {
  const { region, profile } = options
  for (let tries = 0; ; tries += 1) {
    signal.throwIfAborted()
    try {
      return await send()
    } catch (error) {
      signal.throwIfAborted()
      const known = asAwsError(error, { service, action, region, profile })
      const pause = pauses[tries]
      if (pause === undefined || !isPassing(known)) throw known
      // Apart from each other: what failed together would come back together.
      await sleep(pause * (0.5 + Math.random()), undefined, { signal })
    }
  }
}
