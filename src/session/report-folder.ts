import { createWriteStream, mkdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { finished } from 'node:stream/promises'
import { formatJunit } from '../report/junit.ts'
import type { Store } from '../state/store.ts'

/** `--report-dir`: `events.jsonl` as things happen, `junit.xml` of the smoke tests and `state.json` at the end. */
export function openReportFolder(folder: string, cwd: string, store: Store): { finish(): Promise<void> } {
  const path = resolve(cwd, folder)
  mkdirSync(path, { recursive: true })
  const events = createWriteStream(join(path, 'events.jsonl'))
  const stop = store.subscribe((event) => void events.write(`${JSON.stringify(event)}\n`))
  return {
    async finish() {
      stop()
      events.end()
      await finished(events)
      const { smoke, resources, run, exitCode, urls } = store.getState()
      const cases = [...smoke].map(([name, { milliseconds, failure }]) => ({
        name,
        milliseconds: milliseconds ?? 0,
        failure: failure && { message: failure.message, detail: failure.evidence.join('\n') },
      }))
      await writeFile(join(path, 'junit.xml'), formatJunit(run?.project ?? 'iamstack', cases))
      await writeFile(
        join(path, 'state.json'),
        `${JSON.stringify({ run, exitCode, urls, resources: [...resources.values()] }, undefined, 2)}\n`,
      )
    },
  }
}
