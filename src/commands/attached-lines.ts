import { findAgain, type DevLink } from '../attach/client.ts'
import type { Opened } from '../session/opened.ts'
import { tell } from './dev-turns.ts'
import type { ViewEnd } from './attached.ts'

/**
 * The events of a running `dev` as if they were our own, for plain lines, JSON Lines and reports alike: the last ones first, then
 * each as it happens. With `isUntilSettled` it ends with the first `up` of that `dev`.
 */
export async function tellLines(
  link: DevLink,
  opened: Pick<Opened, 'emit' | 'memory'>,
  signal: AbortSignal,
  isUntilSettled = false,
): Promise<ViewEnd> {
  for (let current = link, isFirst = true; ; isFirst = false) {
    const end = await tellOnce(current, opened, signal, isUntilSettled, isFirst)
    if (end.kind !== 'gone' || signal.aborted) return end
    const again = await findAgain(opened.memory.folder, link.hello)
    if (!again) return end
    tell(opened, 'dev did not wait for this reader: lines are missing here')
    current = again
  }
}

async function tellOnce(
  link: DevLink,
  opened: Pick<Opened, 'emit'>,
  signal: AbortSignal,
  isUntilSettled: boolean,
  isFirst: boolean,
): Promise<ViewEnd> {
  let settled: number | undefined
  const settle = (exitCode: number): void => {
    settled = exitCode
    if (isUntilSettled) link.close()
  }
  const leave = (): void => link.close()
  signal.addEventListener('abort', leave, { once: true })
  if (signal.aborted) link.close()
  link.attach(
    { looks: false, logs: false },
    {
      onReplay(replay) {
        if (isFirst) for (const event of replay.recent) opened.emit(event)
        if (replay.settled !== undefined) settle(replay.settled)
      },
      onEvent: (event) => opened.emit(event),
      onSettled: settle,
    },
  )
  const end = await link.end
  signal.removeEventListener('abort', leave)
  switch (end.kind) {
    case 'ended':
      return end
    case 'lost':
      return { kind: 'gone' }
    case 'closed':
      return signal.aborted || settled === undefined
        ? { kind: 'left' }
        : { kind: 'settled', exitCode: settled }
    default:
      return end satisfies never
  }
}
