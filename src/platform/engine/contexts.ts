import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StepError } from '../../plan/step-error.ts'
import { codeOf, recordOf, textOf } from './docker-config.ts'
import { parseEngineHost, type EngineEndpoint, type EngineTls } from './endpoint.ts'

/**
 * The endpoint of a context made by `docker context create`, as Docker stores it: `contexts/meta/<sha256 of the name>/meta.json`
 * and PEM files under `contexts/tls/<the same>/docker`. `chosenBy` says in words what chose it. Throws StepError.
 */
export async function endpointOfContext(
  directory: string,
  name: string,
  chosenBy: string,
): Promise<EngineEndpoint> {
  const id = createHash('sha256').update(name).digest('hex')
  const docker = await readMetadata(join(directory, 'contexts', 'meta', id, 'meta.json'), name, chosenBy)
  const host = textOf(docker['Host'])
  if (host === undefined) {
    throw new StepError('precondition', `Docker context "${name}", chosen by ${chosenBy}, names no engine`, {
      hint: `see it with "docker context inspect ${name}"`,
    })
  }
  const files = await readTlsFiles(join(directory, 'contexts', 'tls', id, 'docker'))
  const isVerified = docker['SkipTLSVerify'] !== true
  const hasTls = files.ca !== undefined || files.cert !== undefined || !isVerified
  return parseEngineHost(
    host,
    `the host of Docker context "${name}"`,
    hasTls ? { ...files, isVerified } : undefined,
  )
}

/** Reads `ca.pem`, `cert.pem` and `key.pem` as far as they are there. */
export async function readTlsFiles(folder: string): Promise<Omit<EngineTls, 'isVerified'>> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readIfThere(join(folder, file))),
  )
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
}

async function readMetadata(
  path: string,
  name: string,
  chosenBy: string,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    const metadata = recordOf(JSON.parse(await readFile(path, 'utf8')) as unknown)
    return recordOf(recordOf(metadata['Endpoints'])['docker'])
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'does not exist' : `cannot be read from ${path}`
    throw new StepError('precondition', `Docker context "${name}", chosen by ${chosenBy}, ${why}`, {
      hint: 'list the contexts with "docker context ls", choose one with "docker context use NAME"',
      cause: error,
    })
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw new StepError('precondition', `${path} cannot be read: ${codeOf(error) ?? String(error)}`, {
      cause: error,
    })
  }
}
