import { referenceOf } from '../images/naming.ts'
import type { ResolvedStack } from '../resolve/resolved.ts'
import { canonicalName, fullReference } from './images/names.ts'

/** Tells images that the stack builds, whatever their tag, from those of others. */
export function ownImages(stack: ResolvedStack): (reference: string) => boolean {
  const repositories = new Set(
    [...stack.images.keys()].map((name) => {
      const { host, path } = fullReference(referenceOf(stack, name, '0'.repeat(12)))
      return `${host}/${path}`
    }),
  )
  return (reference) => {
    const { host, path } = fullReference(reference)
    return repositories.has(`${host}/${path}`)
  }
}

/** Registries that charts and manifests take images from, whose references we do not read. */
const usualRegistries = [
  'docker.io',
  'gcr.io',
  'ghcr.io',
  'mcr.microsoft.com',
  'public.ecr.aws',
  'quay.io',
  'registry.k8s.io',
]

/** Registries that images of others come from, sorted: the usual ones, and those that services and jobs name. */
export function foreignRegistries(stack: ResolvedStack): string[] {
  const isOwn = ownImages(stack)
  const references = [...stack.services.values(), ...stack.jobs.values()].flatMap(({ image }) =>
    image?.kind === 'reference' && !isOwn(image.reference) ? [image.reference] : [],
  )
  const hosts = references.map((reference) => fullReference(canonicalName(reference)).host)
  return [...new Set([...usualRegistries, ...hosts])].sort()
}
