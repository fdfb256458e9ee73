import { referencesOf, renderText, type Reference, type Text } from '../resolve/text.ts'
import type { Materials } from './materials.ts'

/** Turns the references of a text into characters, for one consumer on one target. */
export interface Rendering {
  /** What a reference means there; never asked about a secret. */
  readonly lookup: (reference: Reference) => string
  readonly materials: Pick<Materials, 'secret'>
}

export interface RenderedText {
  readonly text: string
  readonly isSecret: boolean
}

export async function renderWithSecrets(text: Text, { lookup, materials }: Rendering): Promise<RenderedText> {
  const secrets = new Map<Reference, string>()
  for (const reference of referencesOf(text)) {
    if (reference.kind === 'secret') secrets.set(reference, (await materials.secret(reference)).exposeText())
  }
  const rendered = renderText(text, (reference) => secrets.get(reference) ?? lookup(reference))
  return { text: rendered, isSecret: secrets.size > 0 }
}
