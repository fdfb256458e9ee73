import type { Opened } from '../session/opened.ts'
import { textAsWritten } from '../resolve/text.ts'
import { digest } from '../plan/hash.ts'

/**
 * A stack in the notation of its target, by path, with the contents of its configs where that notation leaves them out. Secrets
 * are in it by name.
 */
export async function renderedTexts(opened: Opened): Promise<Map<string, string>> {
  const { driver, stack } = opened
  const facts = await opened.gather('look')
  const texts = new Map(
    driver.render(driver.desired(stack, facts), stack).map(({ path, text }) => [path, text]),
  )
  if (driver.name !== 'process') return texts
  for (const [config, { files }] of facts.configs)
    for (const { path, content } of files)
      texts.set(
        `configs/${config}/${path}`,
        content.kind === 'text' ? textAsWritten(content.text) : `${digest(content.bytes)}\n`,
      )
  return texts
}
