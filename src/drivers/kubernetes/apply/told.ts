import type { Run } from '../../driver.ts'

/** Says something that a person should know although nothing failed. */
export function tell(run: Run, text: string): void {
  run.emit({ type: 'message.reported', at: Date.now(), text })
}
