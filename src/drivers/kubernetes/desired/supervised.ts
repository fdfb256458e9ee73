import { agentPath } from '../../../dev/agent-place.ts'
import { wrapWithAgent } from '../../../dev/channel/run.ts'
import type { Service } from '../../../resolve/resolved.ts'
import type { Facts } from '../../facts.ts'
import { referenceOf } from './context.ts'

/** The program of a container as pods have it: absent is what the image says. */
interface Program {
  readonly command?: readonly string[] | undefined
  readonly args?: readonly string[] | undefined
}

const marker = /^\0(entrypoint|command) of (.*)$/s

/**
 * The same program below the agent. What the image would run is known only once it is there, so words stand for it until the
 * object is sent. An entrypoint of the service's own drops the image's command, as runtimes do.
 */
export function supervisedProgram(service: Service, { command, args }: Program, facts: Facts): Program {
  const image = service.image ? referenceOf(service.image, facts) : ''
  const program = [
    ...(command ?? [`\0entrypoint of ${image}`]),
    ...(args ?? (command ? [] : [`\0command of ${image}`])),
  ]
  const { signal, grace } = service.stop
  const options = {
    graceSeconds: Math.ceil(grace / 1000),
    ...(signal !== undefined && { stopSignal: signal }),
  }
  return { command: wrapWithAgent(agentPath, program, options), args: undefined }
}

/** What an image runs by itself. */
export interface ImageProgram {
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
}

/** A command with the words of the image in the place of those that stood for them. */
export async function withProgramOfImage(
  command: readonly string[],
  programOf: (image: string) => Promise<ImageProgram>,
): Promise<string[]> {
  const words = command.map(async (word) => {
    const [, part, image = ''] = marker.exec(word) ?? []
    if (part === undefined) return [word]
    const program = await programOf(image)
    return part === 'entrypoint' ? program.entrypoint : program.command
  })
  return (await Promise.all(words)).flat()
}

/** Whether a command waits for words of its image. */
export function waitsForImage(command: unknown): command is readonly string[] {
  return Array.isArray(command) && command.some((word) => typeof word === 'string' && marker.test(word))
}

/** A word that stands for those of an image is the same whichever image that is: the image is a part of its own. */
export function withoutImage(word: string): string {
  return word.replace(marker, '$1 of the image')
}
