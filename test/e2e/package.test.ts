import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root, sandbox, type Sandbox } from './cli.ts'

test('the packed package, installed into an empty folder, runs the first example on Node 20 and 24', async () => {
  const box = sandbox()
  const npm = (...words: string[]): string =>
    execFileSync('npm', [...words, '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: box.folder,
      encoding: 'utf8',
    })
  const [packed] = JSON.parse(npm('pack', root, '--json', '--ignore-scripts')) as {
    filename: string
    files: { path: string }[]
  }[]
  expect(
    packed?.files
      .map(({ path }) => path.split('/')[0])
      .filter((path) => path !== 'dist')
      .sort(),
  ).toEqual(expect.arrayContaining(['LICENSE', 'package.json']))
  box.write({ 'package.json': '{ "private": true }' })
  npm('install', `./${packed?.filename ?? ''}`)
  // The program is installed; what the tests of this repository run is not looked at any more.
  const installed = join(box.folder, 'node_modules', 'iamstack', 'dist', 'cli.js')
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

  for (const node of [process.execPath, otherNode(box, npm)].filter((path) => path !== undefined)) {
    const program = [node, installed]
    box.copy(join(root, 'examples/hello'), 'hello')
    box.edit('hello/iamstack.yaml', 'name: hello', `name: ${box.name}`)
    const options = { program, cwd: join(box.folder, 'hello') }
    expect((await box.succeed(['version'], options)).stdout).toContain(`iamstack ${version}`)
    await box.succeed(['validate', '--profile', 'process'], options)
    await box.succeed(['up', '--profile', 'process'], options)
    const { stdout } = await box.succeed(['urls', '--profile', 'process', '-o', 'json'], options)
    const { url } = JSON.parse(stdout) as { url: string }
    expect(await (await fetch(url)).text()).toBe('Hello, world!\n')
    await box.succeed(['down', '--profile', 'process', '--all', '--yes'], options)
    expect(box.traces()).toEqual({ processes: [], docker: [], cluster: [], files: [] })
  }
})

/** The other Node that we support, where the registry has one for this machine. */
function otherNode(box: Sandbox, npm: (...words: string[]) => string): string | undefined {
  if (process.platform !== 'linux') return undefined
  npm('install', '--no-save', '--prefix', 'node24', `node-linux-${process.arch}@24`)
  const path = join(box.folder, 'node24', 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')
  expect(existsSync(path)).toBe(true)
  return path
}
