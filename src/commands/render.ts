import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { canonical } from '../plan/hash.ts'
import { StepError } from '../plan/step-error.ts'
import { openStack } from '../session/open.ts'
import { existingFiles } from '../session/rendered-folder.ts'
import { exitCodes, type Command } from './command.ts'

/** The stack in its target's notation, secrets as `***`. The same input gives the same bytes; no engine is asked. */
export const render: Command = async (given, around) => {
  const opened = await openStack(given, around, { offline: true })
  try {
    const resources = opened.driver.desired(opened.stack, await opened.gather('look'))
    const files = opened.driver.render(resources, opened.stack)
    const folder = given.text('directory')
    if (folder !== undefined) {
      await writeFiles(resolve(around.cwd, folder), files)
    } else if (given.text('output') === 'json') {
      const shown = resources.map(({ id, parts, needs, replicas, timeout }) => ({
        id,
        parts,
        needs,
        replicas,
        timeout,
      }))
      around.stdout.write(`${canonical({ project: opened.stack.project, resources: shown })}\n`)
    } else {
      const isInCluster = opened.driver.name === 'kubernetes'
      // Documents of one stream, as kubectl reads them: what makes the cluster itself is nothing for it.
      const shown = files.filter(({ path }) => !isInCluster || !path.startsWith('cloudformation/'))
      if (shown.length < files.length)
        around.stderr.write('the CloudFormation templates of the cluster: render --directory FOLDER\n')
      const texts = shown.map(({ path, text }) => (shown.length > 1 ? `# ${path}\n${text}` : text))
      around.stdout.write(texts.join(isInCluster ? '---\n' : '\n'))
    }
    return exitCodes.ok
  } finally {
    await opened.close()
  }
}

/** From scratch: what an earlier render left goes. A folder with anything else in it is not ours to empty. */
async function writeFiles(
  folder: string,
  files: readonly { readonly path: string; readonly text: string }[],
): Promise<void> {
  const foreign = (await existingFiles(folder)).filter(
    (name) => !name.endsWith('.yaml') && !name.endsWith('.json') && !name.endsWith('.cfg'),
  )
  if (foreign.length > 0) {
    throw new StepError('precondition', `${folder} holds other things (${foreign.slice(0, 3).join(', ')})`, {
      hint: 'name an empty folder or one of an earlier render',
    })
  }
  await rm(folder, { recursive: true, force: true })
  for (const { path, text } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}
