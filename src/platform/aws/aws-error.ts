import { StepError } from '../../plan/step-error.ts'

/** Which call of AWS something happened in, in the words of IAM: `cloudformation`, `DescribeStacks`. */
export interface AwsCall {
  readonly service: 'cloudformation' | 'ec2' | 'ecr' | 'iam' | 'sts' | 'tag'
  readonly action: string
  readonly region: string
  /** Profile of the AWS configuration; undefined where the environment chooses. */
  readonly profile: string | undefined
}

/** What kind of failure it is: what the user can do differs. */
export type AwsFailure =
  'expired' | 'unknown-key' | 'denied' | 'throttled' | 'unreachable' | 'broken' | 'refused'

/** AWS did not do what it was asked for. */
export class AwsError extends StepError {
  readonly failure: AwsFailure
  /** AWS's own name of it: `ValidationError`. */
  readonly code: string

  constructor(failure: AwsFailure, code: string, message: string, hint: string, cause: unknown) {
    super(failure === 'refused' || failure === 'broken' ? 'deploy' : 'precondition', message, { hint, cause })
    this.failure = failure
    this.code = code
  }
}

interface Seen {
  readonly code: string
  readonly message: string
  readonly status: number | undefined
}

/** Any error of an SDK in our words. Names differ by service, so status codes decide where names do not. */
export function asAwsError(error: unknown, call: AwsCall): AwsError {
  if (error instanceof AwsError) return error
  const seen = look(error)
  const failure = failureOf(seen)
  const { message, hint } = wordsOf(failure, seen, call)
  // Never the SDK's own error: it holds the request with its signature, and the answer with what was asked for.
  return new AwsError(failure, seen.code, message, hint, new Error(`${seen.code}: ${seen.message}`))
}

/** Whether the same call may well succeed a moment later. */
export function isPassing({ failure }: AwsError): boolean {
  return failure === 'throttled' || failure === 'unreachable' || failure === 'broken'
}

function look(error: unknown): Seen {
  if (!(error instanceof Error)) return { code: 'Unknown', message: String(error), status: undefined }
  const metadata = '$metadata' in error ? error.$metadata : undefined
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? metadata.httpStatusCode
      : undefined
  const network = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    code: network ?? error.name,
    message: error.message,
    status: typeof status === 'number' ? status : undefined,
  }
}

const expired = /^(ExpiredToken(Exception)?|RequestExpired)$/
const unknownKey =
  /^(InvalidClientTokenId|UnrecognizedClientException|AuthFailure|SignatureDoesNotMatch|IncompleteSignature|InvalidSignatureException|MissingAuthenticationToken)/
const denied = /^(AccessDenied(Exception)?|UnauthorizedOperation|UnauthorizedException)$/
const throttled = /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|BandwidthLimit/
const network = /^(E[A-Z]{4,}|UND_ERR_.*|TimeoutError|ENOTFOUND|EAI_AGAIN)$/

function failureOf({ code, message, status }: Seen): AwsFailure {
  // Nothing was sent: the chain of credentials ended without any, or with some that are over.
  if (code === 'CredentialsProviderError' || code === 'TokenProviderError')
    return /expired/i.test(message) ? 'expired' : 'unknown-key'
  if (expired.test(code)) return 'expired'
  if (unknownKey.test(code)) return 'unknown-key'
  if (denied.test(code)) return 'denied'
  if (throttled.test(code) || status === 429) return 'throttled'
  if (status === undefined && network.test(code)) return 'unreachable'
  // A page of a proxy, an answer that was cut, a server in trouble: none of it is the service's word.
  if (status === undefined || status >= 500 || status === 200) return 'broken'
  return 'refused'
}

function wordsOf(
  failure: AwsFailure,
  { code, message, status }: Seen,
  { service, action, region, profile }: AwsCall,
): { readonly message: string; readonly hint: string } {
  const who = profile === undefined ? 'the AWS credentials' : `the AWS credentials of profile ${profile}`
  const login = `aws sso login${profile === undefined ? '' : ` --profile ${profile}`}`
  switch (failure) {
    case 'expired':
      return {
        message: `${who} have expired`,
        hint: `get new ones (${login}), then run the command again: it goes on`,
      }
    case 'unknown-key':
      return code === 'CredentialsProviderError' || code === 'TokenProviderError'
        ? {
            message: `there are no AWS credentials${profile === undefined ? '' : ` for profile ${profile}`}`,
            hint: `${login}, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (${message})`,
          }
        : {
            message: `AWS does not know ${who} (${code})`,
            hint: 'aws sts get-caller-identity shows who you are; a key that was deleted or mistyped is nobody',
          }
    case 'denied': {
      const [, named] = /not authorized to perform: ([\w-]+:\w+)/.exec(message) ?? []
      return {
        message: `AWS does not let you ${named ?? `${service}:${action}`} in ${region}`,
        hint: `ask whoever administers the account for that right (${message})`,
      }
    }
    case 'throttled':
      return {
        message: `AWS goes on refusing ${service}:${action} as too frequent (${code})`,
        hint: 'wait a minute, then run the command again: it goes on where it was',
      }
    case 'unreachable':
      return {
        message: `${service} in ${region} cannot be reached (${code})`,
        hint: 'is this machine online, and is the region right?',
      }
    case 'broken':
      return {
        message: `${service}:${action} in ${region} gave no proper answer${status === undefined ? '' : ` (${status})`}: ${firstLine(message)}`,
        hint: 'run the command again: it goes on where it was',
      }
    case 'refused':
      return { message: `${service}:${action}: ${firstLine(message)}`, hint: `AWS calls it ${code}` }
    default:
      return failure satisfies never
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}
