import type { Job, Service } from '../../resolve/resolved.ts'

/** Why nothing is copied into a container of an owner, wherever a file may lie in it. */
export interface Refusal {
  readonly rule: string
  readonly cure: string | undefined
  /** Not even `dev.exec` can be meant. */
  readonly isFinal: boolean
}

interface RefusalInput {
  readonly owner: Service | Job
  readonly image: { readonly name: string }
  readonly isProtected: boolean
}

/** Undefined where it is for the Dockerfile to say. */
export function refusalOf(input: RefusalInput): Refusal | undefined {
  const { owner, image, isProtected } = input
  if (!('dev' in owner))
    return {
      rule: 'a job runs what its image holds; nothing is copied into it',
      cure: undefined,
      isFinal: true,
    }
  if (!isRun(owner, image.name))
    return { rule: 'an init step runs the image; nothing is copied into it', cure: undefined, isFinal: true }
  if (isProtected)
    return {
      rule: 'the profile is protected; nothing is copied into what runs',
      cure: undefined,
      isFinal: true,
    }
  if (owner.dev.sync === 'off')
    return { rule: 'dev.sync is off', cure: 'leave dev.sync out, or name pairs in it', isFinal: true }
  if (owner.dev.sync !== 'infer')
    return { rule: 'no pair of dev.sync names it', cure: 'add a pair to dev.sync', isFinal: false }
  const init = owner.init.find((each) => each.image?.kind === 'built' && each.image.image === image.name)
  if (!init) return undefined
  return {
    rule: `the init step ${init.name} runs from the image too and may make something of it`,
    cure: 'name it in dev.sync if the step does not read it',
    isFinal: false,
  }
}

function isRun({ image }: Service, name: string): boolean {
  return image?.kind === 'built' && image.image === name
}
