import { spawn } from 'node:child_process'
import { StepError } from '../../plan/step-error.ts'
import type { CredentialOptions, Fetched, TokenSource } from './credentials.ts'
import { fieldsOf, textOf, type ExecEntry } from './entries.ts'
import { networkCodeOf } from './errors.ts'
import type { LoadedContext } from './kubeconfig.ts'

/** Milliseconds that a command which asks nobody may take. */
const patience = 60_000
const spoken = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']

/**
 * Runs the credential command of a kubeconfig (client.authentication.k8s.io v1 and v1beta1). What it prints is kept by the caller
 * for as long as it says. StepError (`precondition`) with the cure when it is missing, fails or speaks another version.
 */
export function execSource(
  context: LoadedContext,
  exec: ExecEntry,
  { isInteractive }: CredentialOptions,
): TokenSource {
  return async () => {
    if (!spoken.includes(exec.apiVersion)) throw unspoken(context, exec)
    if (exec.interactiveMode === 'Always' && !isInteractive) {
      throw failure(context, exec, 'has to ask you something, and there is no terminal here', {
        hint: 'log in from a terminal first',
      })
    }
    const mayAsk = isInteractive && exec.interactiveMode !== 'Never'
    const outcome = await runCommand(exec, environment(context, exec, mayAsk), mayAsk, (cause) =>
      notStarted(context, exec, cause),
    )
    if (outcome.timedOut) {
      throw failure(context, exec, `did not end within ${String(patience / 1000)} s`, {
        hint: 'run it by hand to see what it waits for',
      })
    }
    if (outcome.exitCode !== 0) {
      throw failure(context, exec, `failed (${outcome.ending})`, {
        hint: 'log in again; then this must work by hand',
        evidence: outcome.stderr.trim().split('\n').slice(-10),
      })
    }
    return fetchedOf(context, exec, outcome.stdout)
  }
}

function environment(context: LoadedContext, exec: ExecEntry, interactive: boolean): NodeJS.ProcessEnv {
  const { cluster } = context
  const info = {
    kind: 'ExecCredential',
    apiVersion: exec.apiVersion,
    spec: {
      interactive,
      ...(exec.wantsCluster && {
        cluster: {
          server: cluster.server,
          ...(cluster.tlsServerName !== undefined && { 'tls-server-name': cluster.tlsServerName }),
          ...(!cluster.isVerified && { 'insecure-skip-tls-verify': true }),
          ...(cluster.ca?.kind === 'data' && { 'certificate-authority-data': cluster.ca.base64 }),
          ...(cluster.proxyUrl !== undefined && { 'proxy-url': cluster.proxyUrl }),
          ...(exec.clusterConfig !== undefined && { config: exec.clusterConfig }),
        },
      }),
    },
  }
  return { ...context.env, ...exec.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) }
}

interface Outcome {
  readonly exitCode: number | null
  /** `exit code 1`, `SIGKILL`. */
  readonly ending: string
  readonly stdout: string
  readonly stderr: string
  readonly timedOut: boolean
}

/** One that may ask has the terminal's input, and its questions go there; otherwise its words are kept for the error. */
function runCommand(
  exec: ExecEntry,
  env: NodeJS.ProcessEnv,
  mayAsk: boolean,
  notStarted: (cause: Error) => StepError,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(exec.command, exec.args, {
      env,
      stdio: [mayAsk ? 'inherit' : 'ignore', 'pipe', mayAsk ? 'inherit' : 'pipe'],
    })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    let timedOut = false
    const timer = mayAsk
      ? undefined
      : setTimeout(() => {
          timedOut = true
          child.kill('SIGKILL')
        }, patience)
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.once('error', (cause) => {
      clearTimeout(timer)
      reject(notStarted(cause))
    })
    child.once('close', (exitCode, signal) => {
      clearTimeout(timer)
      const ending = signal ?? `exit code ${String(exitCode)}`
      resolve({
        exitCode,
        ending,
        timedOut,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      })
    })
  })
}

/** Nothing of what it printed goes into an error: it may be the token. */
function fetchedOf(context: LoadedContext, exec: ExecEntry, stdout: string): Fetched {
  let answer: unknown
  try {
    answer = JSON.parse(stdout)
  } catch {
    throw failure(context, exec, 'printed something else than an ExecCredential', { hint: tryByHand(exec) })
  }
  const { apiVersion, status } = fieldsOf(answer)
  if (apiVersion !== exec.apiVersion) {
    const version = textOf(apiVersion) ?? 'nothing'
    throw failure(context, exec, `answers in ${version}, though the kubeconfig says ${exec.apiVersion}`, {
      hint: `write that apiVersion into the kubeconfig, or update ${exec.command}`,
    })
  }
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = fieldsOf(status)
  const found = {
    token: textOf(token),
    certificate: textOf(clientCertificateData),
    key: textOf(clientKeyData),
  }
  if (found.token === undefined && (found.certificate === undefined || found.key === undefined))
    throw failure(context, exec, 'gave neither a token nor a certificate with its key', {
      hint: tryByHand(exec),
    })
  const expires = Date.parse(textOf(expirationTimestamp) ?? '')
  return {
    ...(found.token !== undefined && { token: found.token }),
    ...(found.certificate !== undefined && found.key !== undefined
      ? { certificate: found.certificate, key: found.key }
      : {}),
    ...(!Number.isNaN(expires) && { expires }),
  }
}

function notStarted(context: LoadedContext, exec: ExecEntry, cause: Error): StepError {
  const code = networkCodeOf(cause)
  const what =
    code === 'ENOENT' ? 'is not installed, or not on PATH' : `cannot be started (${code ?? cause.message})`
  return failure(context, exec, what, { hint: exec.installHint ?? installHintOf(exec.command), cause })
}

function installHintOf(command: string): string {
  switch (baseName(command)) {
    case 'aws':
      return 'install the AWS CLI, version 2: docs.aws.amazon.com/cli'
    case 'heptio-authenticator-aws':
      return 'it is gone since 2018: aws eks update-kubeconfig --name CLUSTER writes a user that works'
    case 'aws-iam-authenticator':
      return 'install it, or let the AWS CLI do it: aws eks update-kubeconfig --name CLUSTER'
    case 'gke-gcloud-auth-plugin':
      return 'gcloud components install gke-gcloud-auth-plugin'
    case 'kubelogin':
      return 'install kubelogin: az aks install-cli, or github.com/int128/kubelogin'
    default:
      return 'install it, or correct its path in the kubeconfig'
  }
}

function unspoken(context: LoadedContext, exec: ExecEntry): StepError {
  const version = exec.apiVersion === '' ? 'no apiVersion' : exec.apiVersion
  const isAws = ['aws', 'aws-iam-authenticator', 'heptio-authenticator-aws'].includes(baseName(exec.command))
  const what = exec.apiVersion.endsWith('/v1alpha1') ? ', which is gone since Kubernetes 1.24' : ''
  return failure(context, exec, `is configured with ${version}${what}`, {
    hint: isAws
      ? 'write the entry anew: aws eks update-kubeconfig --name CLUSTER (AWS CLI 2)'
      : 'update the command, and write apiVersion: client.authentication.k8s.io/v1beta1 into the kubeconfig',
  })
}

function failure(
  { name, user }: LoadedContext,
  exec: ExecEntry,
  what: string,
  options: { readonly hint: string; readonly evidence?: readonly string[]; readonly cause?: unknown },
): StepError {
  const whose = `the credentials of user ${user.name} (context ${name.context}) come from "${exec.command}"`
  return new StepError('precondition', `${whose}, which ${what}`, options)
}

function tryByHand(exec: ExecEntry): string {
  return `try by hand: ${[exec.command, ...exec.args].join(' ')}`
}

function baseName(command: string): string {
  return (command.split(/[/\\]/).at(-1) ?? command).replace(/\.exe$/i, '')
}
