import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { StepError } from '../plan/step-error.ts'

const usualNames = ['iamstack.yaml', 'iamstack.yml']

/** The stack file: as named, else `iamstack.yaml` here or in the nearest folder above. Absolute. */
export function findStackFile(named: string | undefined, cwd: string): string {
  if (named !== undefined) {
    const path = resolve(cwd, named)
    if (existsSync(path)) return path
    throw new StepError('precondition', `there is no stack file ${path}`, {
      hint: 'iamstack init writes one',
    })
  }
  for (let folder = cwd; ; folder = dirname(folder)) {
    const found = usualNames.map((name) => join(folder, name)).find((path) => existsSync(path))
    if (found !== undefined) return found
    if (dirname(folder) === folder) break
  }
  throw new StepError('precondition', `there is no ${usualNames[0] ?? ''} in ${cwd} or above it`, {
    hint: 'iamstack init writes one; --file names another',
  })
}
