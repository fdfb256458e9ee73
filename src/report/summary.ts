import { renderText } from '../resolve/text.ts'
import type { Opened } from '../session/opened.ts'
import { urlsOf } from '../session/urls.ts'
import { formatTable } from './table.ts'

/**
 * What a person wants to know when `up` is done: where it answers, and what the stack's author wants to say. Without `stdout`
 * (its lines are events of JSON) only the events are told.
 */
export async function summarise(opened: Opened, stdout: NodeJS.WritableStream | undefined): Promise<void> {
  const urls = await urlsOf(opened)
  for (const each of urls) opened.emit({ type: 'url.opened', at: Date.now(), ...each })
  if (!stdout) return
  const lines =
    urls.length === 0 ? [] : ['', formatTable(urls.map(({ service, port, url }) => [service, port, url]))]
  const { notes } = opened.stack
  if (notes) {
    const lookup = (service: string, port: string): string =>
      urls.find((each) => each.service === service && each.port === port)?.url ?? `${service}:${port}`
    lines.push(
      '',
      renderText(notes, (reference) =>
        reference.kind === 'url' ? lookup(reference.service, reference.port) : '***',
      ).trimEnd(),
    )
  }
  if (lines.length > 0) stdout.write(`${opened.redact(lines.join('\n'))}\n`)
}
