import { StepError } from '../../plan/step-error.ts'
import type { Engine } from '../../platform/engine/engine.ts'
import { listImages } from '../../platform/engine/images.ts'
import { pullImage } from '../../platform/engine/transfer.ts'
import { imageOfEngine, megabytes } from '../images/engine-images.ts'
import type { KindSettings } from '../settings.ts'

const repository = 'kindest/node'

/** The image for nodes, pulled if it is missing; undefined leaves the choice to kind. */
export async function nodeImage(
  engine: Engine,
  settings: KindSettings,
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<string | undefined> {
  const image = settings.image ?? (await imageOfVersion(engine, settings, signal))
  if (image === undefined || (await imageOfEngine(engine, image, signal))) return image
  await pullImage(engine, image, {
    signal,
    onProgress: ({ bytes, bytesTotal }) => {
      if (bytesTotal > 0) tell(`pulling ${image}: ${megabytes(bytes)} of ${megabytes(bytesTotal)}`)
    },
  })
  return image
}

/** Node images have whole versions as tags. Of a version without its last number, the newest that this machine has is taken. */
async function imageOfVersion(
  engine: Engine,
  { version, from }: KindSettings,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (version === undefined) return undefined
  if (version.split('.').length > 2) return `${repository}:v${version}`
  const images = await listImages(engine, { references: [repository] }, signal)
  const prefix = `${repository}:v${version}.`
  const patch = (tag: string): number => Number.parseInt(tag.slice(prefix.length), 10)
  const [newest] = images
    .flatMap(({ RepoTags }) => RepoTags ?? [])
    .filter((tag) => tag.startsWith(prefix))
    .sort((one, other) => patch(other) - patch(one))
  if (newest !== undefined) return newest
  throw new StepError(
    'precondition',
    `no node image of Kubernetes ${version} is on this machine, and its name is not known`,
    {
      span: from,
      hint: `write the whole version (${version}.0), or image: with a digest from https://github.com/kubernetes-sigs/kind/releases`,
    },
  )
}
