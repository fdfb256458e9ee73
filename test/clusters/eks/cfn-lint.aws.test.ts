import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, expect, test } from 'vitest'
import { combinations, stacksOf } from './combinations.ts'

const program = process.env['CFN_LINT'] ?? 'cfn-lint'
const isThere = (await execa(program, ['--version'], { reject: false })).exitCode === 0
const isRequired = Boolean(process.env['CI'])
const folder = await mkdtemp(join(tmpdir(), 'iamstack-cfn-'))
afterAll(async () => await rm(folder, { recursive: true, force: true }))

test.skipIf(!isThere && !isRequired)(
  `cfn-lint finds nothing in any template of any combination (S164)${isThere ? '' : ': no cfn-lint here, pipx install cfn-lint brings it'}`,
  { timeout: 120_000 },
  async () => {
    const stacks = (await Promise.all(combinations.map(([, choice]) => stacksOf(choice)))).flat()
    const texts = new Map(stacks.map(({ part, text, digest }) => [`${part}-${digest}.yaml`, text]))
    const files = await Promise.all(
      [...texts].map(async ([name, text]) => {
        await writeFile(join(folder, name), text)
        return join(folder, name)
      }),
    )
    const { stdout, stderr, exitCode } = await execa(
      program,
      ['--regions', 'eu-west-1', 'us-east-1', '--format', 'parseable', '--', ...files],
      { reject: false },
    )
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: '' })
    expect(files.length).toBeGreaterThan(15)
  },
)
