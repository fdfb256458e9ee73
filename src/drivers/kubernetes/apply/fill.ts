import { renderWithSecrets } from '../../../content/render.ts'
import { StepError } from '../../../plan/step-error.ts'
import type { KubeObject } from '../../../platform/kubernetes/client.ts'
import type { RegistryCredentials } from '../../../platform/engine/registry-credentials.ts'
import { referenceAsWritten } from '../../../resolve/text.ts'
import type { KubeContext } from '../context.ts'
import { literal } from '../desired/literal.ts'
import { waitsForImage, withProgramOfImage, type ImageProgram } from '../desired/supervised.ts'
import { below, fieldsOf, listOf } from '../diagnose/json.ts'
import type { DesiredObject, SecretContent } from '../spec.ts'

/**
 * The object as it is sent: a Secret with its values, a program with the words of its image. It must not be kept, printed or put
 * into an error.
 */
export async function filledObject(context: KubeContext, desired: DesiredObject): Promise<KubeObject> {
  const { secrets } = desired
  const object = await withPrograms(context, desired.object)
  if (secrets.size === 0) return object
  const entries = await Promise.all(
    [...secrets].map(async ([key, content]) => {
      const bytes = await bytesOf(context, content, desired)
      return [key, Buffer.from(bytes).toString('base64')] as const
    }),
  )
  return { ...object, data: Object.fromEntries(entries) }
}

/** A pod template whose containers run what their images say, below our agent. */
async function withPrograms(context: KubeContext, object: KubeObject): Promise<KubeObject> {
  const containers = listOf(below(object, 'spec', 'template', 'spec', 'containers'))
  if (!containers.some(({ command }) => waitsForImage(command))) return object
  const filled = await Promise.all(
    containers.map(async (container) =>
      waitsForImage(container['command'])
        ? {
            ...container,
            command: await withProgramOfImage(container['command'], (image) => programOf(context, image)),
          }
        : container,
    ),
  )
  const spec = fieldsOf(object['spec'])
  const template = fieldsOf(spec['template'])
  const pod = { ...fieldsOf(template['spec']), containers: filled }
  return { ...object, spec: { ...spec, template: { ...template, spec: pod } } }
}

/** From the engine that built it. Its words are no references, whatever they look like. */
async function programOf({ engine }: KubeContext, image: string): Promise<ImageProgram> {
  if (!engine) throw new TypeError(`nobody here can tell what ${image} runs`)
  const { inspectImage } = await import('../../../platform/engine/images.ts')
  const { Config } = await inspectImage(await engine(), image)
  return {
    entrypoint: (Config.Entrypoint ?? []).map(literal),
    command: (Config.Cmd ?? []).map(literal),
  }
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
