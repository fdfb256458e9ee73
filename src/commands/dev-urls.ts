import type { Impact } from '../dev/impact.ts'
import { messageOf } from '../report/words.ts'
import { summarise } from '../report/summary.ts'
import { holdForwards } from '../session/execute.ts'
import { urlsOf } from '../session/urls.ts'
import { tell, type Current } from './dev-turns.ts'

/** Where the stack answers, for a `dev`: told once it does, and again when an edit of the stack changes that. */
export interface DevUrls {
  show(): Promise<void>
  /** After a turn that went well; never rejects. */
  follow(impacts: readonly Impact[]): Promise<void>
}

export function openDevUrls(current: Current, stdout: () => NodeJS.WritableStream | undefined): DevUrls {
  let shown: string | undefined
  async function show(): Promise<void> {
    await holdForwards(current.opened)
    const urls = JSON.stringify(await urlsOf(current.opened))
    if (urls === shown) return
    shown = urls
    await summarise(current.opened, stdout())
  }
  return {
    show,
    async follow(impacts) {
      if (shown !== undefined && !impacts.some(({ update }) => update === 'replan')) return
      await show().catch((error: unknown) => tell(current.opened, messageOf(error)))
    },
  }
}
