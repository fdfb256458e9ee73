import type { Run } from '../../../drivers/driver.ts'
import type { ResourceId } from '../../../plan/resource.ts'
import type { StackEvent } from '../../../platform/aws/cloudformation-words.ts'
import { progressText } from './cause.ts'

/** Passes on how far a stack is. CloudFormation says twice that it makes something; once is enough. */
export function teller(run: Run, id: ResourceId): (event: StackEvent) => void {
  const told = new Map<string, string>()
  return (event) => {
    const text = progressText(event)
    if (told.get(event.resource) === text) return
    told.set(event.resource, text)
    run.progress(id, text)
  }
}
