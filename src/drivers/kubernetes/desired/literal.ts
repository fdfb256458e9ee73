import { renderText, type Text } from '../../../resolve/text.ts'
import type { Lookup } from '../../inner-lookup.ts'

/**
 * A text that Kubernetes leaves as it is (S52). It expands `$(NAME)` and turns `$$` into `$` in `command`, `args`, the values of
 * `env`, and the commands of probes; not in hooks, files and headers.
 */
export function literal(text: string): string {
  return text.replaceAll(/\$(?=[$(])/g, '$$$$')
}

/** Texts with their references resolved, as words of a command that nothing expands again. */
export function literals(texts: readonly Text[], lookup: Lookup): string[] {
  return texts.map((text) => literal(renderText(text, lookup)))
}
