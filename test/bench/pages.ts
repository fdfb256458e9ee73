import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { programFile } from './commands.ts'

/** Something that is edited and served. */
export interface Page {
  readonly file: string
  /** What is to be found in the answer, once the last save is served. */
  answer(): string
  /** As most editors write: in place. */
  save(): Promise<void>
}

/** Characters of a page: enough for a copy to be seen half done. */
const length = 16_000

/** A page, and text that a reader can tell whole from torn. */
export function createPage(file: string): Page {
  return createEdited(
    file,
    (number) => `page-${number}-`,
    (number) => `page-${number}-${'x'.repeat(length)}-end-${number}\n`,
  )
}

export function createEdited(
  file: string,
  answerOf: (number: number) => string,
  textOf: (number: number) => string,
): Page {
  let number = 0
  return {
    file,
    answer: () => answerOf(number),
    save: () => writeFile(file, textOf((number += 1))),
  }
}

/** The context of an image that serves a page with Node. The page is its last layer. */
export async function writePageContext(folder: string): Promise<Page> {
  await mkdir(folder, { recursive: true })
  await copyFile(programFile('page-server.mjs'), join(folder, 'page-server.mjs'))
  await writeFile(
    join(folder, 'Dockerfile'),
    `FROM node:20-bookworm-slim
WORKDIR /app
COPY page-server.mjs ./
COPY page.txt ./
CMD ["node", "page-server.mjs"]
`,
  )
  const page = createPage(join(folder, 'page.txt'))
  await page.save()
  return page
}
