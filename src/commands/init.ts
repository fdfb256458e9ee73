import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { lookAround } from '../init/look-around.ts'
import { stackText } from '../init/stack-text.ts'
import { StepError } from '../plan/step-error.ts'
import { exitCodes, type Command } from './command.ts'

/** Writes a commented stack file for what lies in this folder: a Dockerfile, a Node, Go or Python program, or an example. */
export const init: Command = async (given, around) => {
  const path = join(around.cwd, 'iamstack.yaml')
  if (existsSync(path) && !given.isOn('force')) {
    throw new StepError('precondition', `${path} is there already`, {
      hint: 'iamstack validate checks it; --force replaces it',
    })
  }
  const found = await lookAround(around.cwd)
  await writeFile(path, stackText(nameFrom(around.cwd), found), { flag: given.isOn('force') ? 'w' : 'wx' })
  const why =
    found.seen.length > 0
      ? `found ${found.seen.join(' and ')}`
      : 'found no program; the file shows an example'
  around.stdout.write(`wrote ${path}: ${why}\nnext: iamstack dev\n`)
  return exitCodes.ok
}

/** A DNS label made of the folder's name. */
function nameFrom(folder: string): string {
  const label = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '')
  return /^[a-z]/.test(label) ? label : `app${label === '' ? '' : `-${label}`}`
}
