import type { Finding } from '../finding.ts'
import { dockerfileRules as rules } from './dockerfile-rules.ts'
import type { LintedImage } from './dockerfile.ts'

/** What is wrong between the Dockerfiles of one stack: several bases, several copies of one file. */
export function lintDockerfiles(images: readonly LintedImage[]): Finding[] {
  return [...manyBases(images), ...copies(images)]
}

/** The base that most final images share is the project's; the others are told. */
function manyBases(images: readonly LintedImage[]): Finding[] {
  const finals = images.flatMap((linted) => {
    const stage = linted.dockerfile.stages[linted.target]
    const base = linted.bases.get(linted.target)
    return stage && base !== undefined ? [{ linted, stage, base }] : []
  })
  const counts = new Map<string, number>()
  for (const { base } of finals) counts.set(base, (counts.get(base) ?? 0) + 1)
  const [most] = [...counts].sort(([, one], [, other]) => other - one)
  if (!most || counts.size < 2) return []
  return finals
    .filter(({ base }) => base !== most[0])
    .map(({ linted, stage, base }) => ({
      rule: rules.oneBase,
      subject: `image ${linted.image.name}`,
      message: `is made from ${base}, other images of the stack from ${most[0]}`,
      span: stage.from.image.span,
      hint: 'one base is fetched, scanned and updated once',
    }))
}

function copies(images: readonly LintedImage[]): Finding[] {
  const first = new Map<string, LintedImage>()
  return images.flatMap((linted) => {
    const earlier = first.get(linted.text)
    if (!earlier) first.set(linted.text, linted)
    const { image, dockerfile } = linted
    const at = dockerfile.stages[0]?.from.span
    if (!earlier || !at || earlier.image.dockerfile === image.dockerfile) return []
    return [
      {
        rule: rules.shared,
        subject: `image ${image.name}`,
        message: `this is word for word the Dockerfile of image ${earlier.image.name}`,
        span: at,
        hint: 'name one file under `dockerfile` of both',
      },
    ]
  })
}
