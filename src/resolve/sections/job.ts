import type { Span } from '../../stack/diagnostics.ts'
import { defaults } from '../../stack/language/defaults.ts'
import type { MergedFile } from '../../stack/language/profile.ts'
import type { Job } from '../resolved.ts'
import { defaultDuration, placesUnder, type Reading } from './reading.ts'
import { folderOf, type Surroundings } from './service.ts'
import * as workload from './workload.ts'

type JobFile = NonNullable<MergedFile['jobs']> extends ReadonlyMap<string, infer J> ? J : never

export function jobOf(
  reading: Reading,
  name: string,
  written: JobFile,
  from: Span,
  around: Surroundings,
): Job {
  const image = workload.imageSourceOf(reading, written.image)
  return {
    name,
    image,
    entrypoint: workload.textsOf(reading, written.entrypoint),
    command: workload.textsOf(reading, written.command),
    workingDir: written.workingDir,
    env: workload.environmentOf(reading, written.env),
    envFrom: workload.environmentFromOf(reading, written.envFrom),
    mounts: workload.mountsOf(reading, written.mounts),
    needs: workload.needsOf(reading, written.needs, around.jobs),
    run: written.run ?? defaults.job.run,
    retries: written.retries ?? defaults.job.retries,
    timeout: written.timeout ?? defaultDuration(defaults.job.timeout),
    resources: workload.resourcesOf(written.resources),
    user: written.user,
    group: written.group,
    isReadOnlyRoot: written.readOnlyRoot ?? false,
    process: workload.processOf(reading, written.process, folderOf(reading, image, around.images)),
    from,
    at: placesUnder(reading, written, from),
  }
}
