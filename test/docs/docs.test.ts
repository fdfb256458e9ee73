import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readArguments } from '../../src/commands/arguments.ts'
import { exitCodes } from '../../src/commands/command.ts'
import { commands } from '../../src/commands/table.ts'
import { problemsOf } from '../resolve/stack.ts'

const root = join(import.meta.dirname, '..', '..')
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...(await readdir(join(root, 'docs')))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]

interface Block {
  readonly page: string
  readonly language: string
  readonly text: string
}

const blocks: readonly Block[] = (
  await Promise.all(
    pages.map(async (page) => {
      const text = await readFile(join(root, page), 'utf8')
      return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', content = '']) => ({
        page,
        language,
        text: content,
      }))
    }),
  )
).flat()

describe('stacks in the documentation', () => {
  const stacks = blocks.filter(({ language, text }) => language === 'yaml' && /^name:/m.test(text))

  test.each(stacks.map(({ page, text }) => [page, text] as const))('%s', async (page, text) => {
    expect(await problemsOf(text, { profile: 'compose' })).toBe('')
    // The pages about containers show none of it.
    if (page !== 'docs/stack-file.md') expect(await problemsOf(text, { profile: 'process' })).toBe('')
  })

  test('there are some', () => expect(stacks.length).toBeGreaterThan(5))
})

describe('command lines in the documentation', () => {
  const lines = blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ page, text }) => text.split('\n').map((line) => [page, line.replace(/\s+#.*$/, '')] as const))
    .flatMap(([page, line]) => {
      const call = /\biamstack ([a-z][^|)]*)/.exec(line)?.[1]
      return call === undefined ? [] : [[page, call.trim()] as const]
    })

  test.each(lines)('%s: iamstack %s', (_page, line) => {
    const [name, ...argv] = line.split(/\s+/)
    const entry = commands.find((each) => each.name === name)
    if (!entry) throw new Error(`there is no command ${String(name)}`)
    expect(() => readArguments(entry, argv, {})).not.toThrow()
  })

  test('there are some', () => expect(lines.length).toBeGreaterThan(20))
})

test.each(pages)('every link of %s leads somewhere', async (page) => {
  const text = await readFile(join(root, page), 'utf8')
  const links = [...text.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, link = '']) => link)
  const broken = await Promise.all(
    links.map(async (link) => {
      const [path = '', anchor] = link.split('#')
      const file = path === '' ? join(root, page) : join(root, dirname(page), path)
      if (!existsSync(file)) return link
      if (anchor === undefined) return undefined
      return anchorsOf(await readFile(file, 'utf8')).includes(anchor) ? undefined : link
    }),
  )
  expect(broken.filter((link) => link !== undefined)).toEqual([])
})

test('the page of the command line has every command and every exit code', async () => {
  const text = await readFile(join(root, 'docs', 'cli.md'), 'utf8')
  expect(commands.map(({ name }) => name).filter((name) => !text.includes(`\`${name}\``))).toEqual([])
  const rows = [...text.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code))
  expect(rows).toEqual(Object.values(exitCodes))
})

function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(' ', '-'),
  )
}
