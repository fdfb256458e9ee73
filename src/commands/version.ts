import { version as number } from '../version.ts'
import { exitCodes, type Command } from './command.ts'

export const version: Command = (given, around) => {
  const json = {
    iamstack: number,
    node: process.versions.node,
    platform: around.platform,
    arch: process.arch,
  }
  around.stdout.write(
    given.text('output') === 'json'
      ? `${JSON.stringify(json)}\n`
      : `iamstack ${number} (node ${json.node}, ${json.platform} ${json.arch})\n`,
  )
  return Promise.resolve(exitCodes.ok)
}
