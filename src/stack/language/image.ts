import { anyKey, fileNames, name, path, platform } from './names.ts'
import { list, map, object, required } from '../schema/build.ts'
import { boolean, oneOf, string } from '../schema/scalars.ts'
import { defaults } from './defaults.ts'
import { imageWords } from './words.ts'
import { argv } from './workload.ts'

const secretKey = object('One value of a secret.', {
  secret: required(name('A secret under `secrets`.')),
  key: required(string('Its key.')),
})

export const imageBuild = object(
  'An image that is built here, once, for all who use it. Short form: the folder.',
  {
    context: required(path('Folder that the build can read.')),
    dockerfile: string('Dockerfile, seen from the context.', { default: defaults.image.dockerfile }),
    target: string('Stage to build. Absent: the last one.'),
    args: map('Values of ARG. Never a secret: they stay in the image.', anyKey, string('A value.')),
    pre: list(
      'Steps on this machine before the build; they run when their inputs changed.',
      object(
        'One step.',
        {
          run: required(string('A line for the shell.')),
          inputs: list('Files that it reads.', path('A path or glob.'), { mayBeSingle: true }),
          cwd: path('Folder to run in. Absent: the context.'),
        },
        { short: { scalar: 'run' } },
      ),
    ),
    test: object(
      'Must pass before the image is pushed or deployed.',
      {
        target: string('A stage to build.'),
        command: { ...argv, doc: 'A command to run in the image.' },
      },
      { exclusive: [{ members: { target: [], command: [] }, isRequired: true }] },
    ),
    platforms: list('Platforms to build for. Absent: that of the target.', platform('A platform.'), {
      mayBeSingle: true,
    }),
    cache: boolean('Reuse layers of earlier builds.', { default: defaults.image.cache }),
    pull: boolean('Ask the registry for newer base images.', { default: defaults.image.pull }),
    network: string('Network of the build: default, host or none.'),
    secrets: map('Secrets for `RUN --mount=type=secret`, by id.', fileNames, secretKey),
    ssh: boolean('Forward the SSH agent to `RUN --mount=type=ssh`.', { default: false }),
    registry: name('A registry under `registries`. Absent: that of the profile.'),
    name: string('Template of the whole reference.', { default: defaults.image.name }),
    tag: string('`hash` of the content, `git` description, or a text of your own.', {
      default: defaults.image.tag,
    }),
  },
  { short: { scalar: 'context' }, words: imageWords },
)

export const registry = object('Where images are pushed and pulled.', {
  host: required(string('Host, with its port if there is one.', { examples: ['registry.example.com:8080'] })),
  namespace: string('Path between the host and the name of the image.'),
  public: boolean('Anyone may pull: no pull secret is made.', { default: false }),
  credentials: object(
    'Where the password comes from; it is never written here.',
    {
      env: object('Names of environment variables.', {
        user: required(string('Variable with the user name.')),
        password: required(string('Variable with the password.')),
      }),
      file: path('A Docker configuration file, as `docker login` writes it.'),
      helper: string('A Docker credential helper, without `docker-credential-`.'),
      ecr: boolean('Tokens of Amazon ECR.'),
    },
    { exclusive: [{ members: { env: [], file: [], helper: [], ecr: [] }, isRequired: true }] },
  ),
})

export const isolation = oneOf(['none', 'edges'], '`edges`: only services that need each other can talk.', {
  default: defaults.isolation,
})
