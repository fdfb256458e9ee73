import { map, object } from '../schema/build.ts'
import { boolean, duration, oneOf, text } from '../schema/scalars.ts'
import type { Infer } from '../schema/types.ts'
import { cloudStack, compose, cost, dockerDesktop, eks, kind, kubernetes } from './cluster.ts'
import { name, names, variableNames } from './names.ts'
import { contents, head } from './stack.ts'
import { profileWords, stackWords } from './words.ts'

export const targets = ['process', 'compose', 'docker-desktop', 'kind', 'eks', 'kubernetes'] as const

/** What only a profile says: where the stack runs. */
export const settings = {
  target: oneOf(targets, 'Where the stack runs. Absent: the name of the profile.'),
  protected: boolean('Destructive steps need `--yes`; live sync is refused.', { default: false }),
  namespace: name('Kubernetes namespace. Absent: that of the project.'),
  registry: object(
    'Registry of the images that are built here. Short form: a name under `registries`.',
    {
      name: name('A registry under `registries`.'),
      ecr: boolean('ECR of the account; repositories are made when missing.'),
    },
    { short: { scalar: 'name' }, exclusive: [{ members: { name: [], ecr: [] }, isRequired: true }] },
  ),
  ttl: duration('`up` warns and `down` is due after this time.'),
  compose,
  'docker-desktop': dockerDesktop,
  kind,
  eks,
  kubernetes,
  stacks: map('CloudFormation stacks of your own, ordered by the outputs they read.', names, cloudStack),
  cost,
}

/** A profile as it is written: settings, and a part of the stack that is merged over it (decode it as an overlay). */
export const profileSchema = object(
  'A profile: names a target and refines the stack. Maps merge by key, lists and scalars replace, `null` removes.',
  {
    $schema: head.$schema,
    version: head.version,
    ...settings,
    vars: map('Values of variables that the stack declares.', variableNames, text('The value.')),
    ...contents,
  },
  { words: profileWords },
)

/** The stack with its profiles merged in: what `resolve` decodes. */
export const mergedSchema = object(
  'A stack with its profiles merged in.',
  { ...head, ...settings, ...contents },
  { words: stackWords },
)

export type MergedFile = Infer<typeof mergedSchema>
