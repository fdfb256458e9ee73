import { renderWithSecrets } from '../../../content/render.ts'
import { StepError } from '../../../plan/step-error.ts'
import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import type { RegistryCredentials } from '../../../platform/engine/registry-credentials.ts'
import { referenceAsWritten } from '../../../resolve/text.ts'
import type { KubeContext } from '../context.ts'
import type { DesiredObject, SecretContent } from '../spec.ts'

/** The object as it is sent: a Secret with its values. It must not be kept, printed or put into an error. */
export async function filledObject(context: KubeContext, desired: DesiredObject): Promise<KubeObject> {
  const { object, secrets } = desired
  if (secrets.size === 0) return object
  const entries = await Promise.all(
    [...secrets].map(async ([key, content]) => {
      const bytes = await bytesOf(context, content, desired)
      return [key, Buffer.from(bytes).toString('base64')] as const
    }),
  )
  return { ...object, data: Object.fromEntries(entries) }
}

async function bytesOf(
  context: KubeContext,
  content: SecretContent,
  { from }: DesiredObject,
): Promise<Uint8Array> {
  const { materials } = context
  switch (content.kind) {
    case 'secret':
      return (await materials.secret(content.key)).expose()
    case 'cert': {
      const file = (await materials.cert(content.cert)).get(content.file)
      if (!file)
        throw new StepError('internal', `cert ${content.cert} has no file ${content.file}`, { span: from })
      return file.bytes
    }
    case 'text': {
      const { text } = await renderWithSecrets(content.text, {
        materials,
        lookup: (reference) => {
          throw new TypeError(`\${${referenceAsWritten(reference)}} was to be resolved before`)
        },
      })
      return Buffer.from(text)
    }
    case 'registry':
      return Buffer.from(await dockerConfig(context, content.registry, from))
    default:
      return content satisfies never
  }
}

/** What nodes pull with, in the form of `~/.docker/config.json` (S17). */
async function dockerConfig(
  { stack, credentials }: KubeContext,
  name: string,
  from: DesiredObject['from'],
): Promise<string> {
  const host = stack.registries.get(name)?.host ?? name
  const found = await credentials?.(host)
  if (!found)
    throw new StepError('precondition', `registry ${name}: there are no credentials for ${host}`, {
      span: from,
      hint: `docker login ${host}, or set the variables that its \`credentials:\` names`,
    })
  return JSON.stringify({ auths: { [found.registry]: entryOf(found) } })
}

function entryOf(credentials: RegistryCredentials): Record<string, string> {
  const proof = credentials.reveal()
  switch (proof.kind) {
    case 'password': {
      const { username, password } = proof
      const auth = Buffer.from(`${username}:${password}`).toString('base64')
      return { username, password, auth }
    }
    case 'identity-token':
      return { identitytoken: proof.token }
    default:
      return proof satisfies never
  }
}
