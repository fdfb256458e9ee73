import { object } from '../schema/build.ts'
import { oneOf } from '../schema/scalars.ts'
import { defaults } from './defaults.ts'
import { jobWords } from './words.ts'
import * as workload from './workload.ts'

export const job = object(
  'A program that runs to its end: a migration, a seed. Once per image and definition, whatever the number of replicas.',
  {
    image: workload.image,
    entrypoint: workload.entrypoint,
    command: workload.command,
    'working-dir': workload.workingDir,
    env: workload.environment,
    'env-from': workload.environmentFrom,
    mounts: workload.mounts,
    needs: workload.needs,
    run: oneOf(
      ['on-change', 'always'],
      '`on-change`: once for each image, definition and state of the volumes behind its needs.',
      {
        default: defaults.job.run,
      },
    ),
    retries: workload.retries,
    timeout: workload.timeout,
    resources: workload.resources,
    user: workload.user,
    group: workload.group,
    'read-only-root': workload.readOnlyRoot,
    process: workload.process,
    kubernetes: workload.kubernetesPatch,
    compose: workload.composePatch,
  },
  { words: jobWords },
)
