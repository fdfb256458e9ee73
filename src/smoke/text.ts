import { referencesOf, renderText, type Reference, type Text } from '../resolve/text.ts'
import { hostInUrl } from './network.ts'
import type { Attempt } from './target.ts'

/** Turns the references of a text into characters: for this machine, or for a command inside a service. */
export async function render(
  text: Text,
  attempt: Attempt,
  where: 'host' | { readonly service: string },
  captures: ReadonlyMap<string, string> = new Map(),
): Promise<string> {
  const values = new Map<Reference, string>()
  for (const reference of referencesOf(text)) {
    const own = await ownValue(reference, attempt, where, captures)
    values.set(reference, own ?? (await attempt.target.lookup(reference, where)))
  }
  return renderText(text, (reference) => values.get(reference) ?? '')
}

async function ownValue(
  reference: Reference,
  { target, materials }: Attempt,
  where: 'host' | { readonly service: string },
  captures: ReadonlyMap<string, string>,
): Promise<string | undefined> {
  switch (reference.kind) {
    case 'secret':
      return (await materials.secret(reference)).exposeText()
    case 'capture':
      return captures.get(reference.name)
    case 'url':
    case 'service-port': {
      const endpoint = where === 'host' ? await target.endpoint(reference.service, reference.port) : undefined
      if (!endpoint) return undefined
      const { host, port } = endpoint
      return reference.kind === 'url' ? `http://${hostInUrl(host)}:${port}` : String(port)
    }
    case 'service-host':
    case 'self-port':
    case 'mount':
    case 'stack-output':
      return undefined
    default:
      return reference satisfies never
  }
}
