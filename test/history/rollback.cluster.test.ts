import { randomBytes } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Revision } from '../../src/history/revision.ts'
import { kinds } from '../../src/platform/kubernetes/kinds.ts'
import { folderWith, runCommand } from '../commands/run-command.ts'
import { connect, isClusterWanted } from '../memory/connect.ts'

const files = (name: string) => ({
  'iamstack.yaml': `version: 1
name: ${name}
vars: { GREETING: hello }
secrets: { db: { password: { generate: 24 } } }
configs: { page: { template: ./index.html } }
services:
  web:
    image: nginx:1.22
    env: { GREETING: "\${GREETING}", PASSWORD: { secret: db, key: password } }
    ports: { http: 80 }
    mounts: { /usr/share/nginx/html/index.html: { config: page, key: index.html } }
    health: { http: /, port: http, every: 500ms }
`,
  'index.html': 'one, ${GREETING}\n',
})

/** A checkout of the stack on a machine that knows nothing but the cluster. */
async function machineWith(name: string) {
  const folder = await folderWith(files(name))
  const state = await folderWith()
  const run = async (words: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const all = {
      PATH: process.env['PATH'] ?? '',
      HOME: state,
      KUBECONFIG: process.env['IAMSTACK_LAB_KUBECONFIG_DOCKER_DESKTOP'] ?? '',
      IAMSTACK_STATE: state,
      IAMSTACK_PROFILE: 'docker-desktop',
      ...env,
    }
    const ran = await runCommand(words, { cwd: folder, env: all })
    if (ran.code !== 0) throw new Error(`${words.join(' ')}: ${ran.stdout}${ran.stderr}`)
    return ran.stdout
  }
  return { folder, state, run }
}

describe.runIf(isClusterWanted)('history in a cluster', () => {
  it('S127: a machine that has only the repository and the cluster brings back what another one brought up', async () => {
    const name = `ist-${randomBytes(4).toString('hex')}`
    const client = await connect()
    onTestFinished(async () => {
      await client.remove(kinds.Namespace, undefined, name)
      client.close()
    })
    const served = async () => {
      const page = await client.get(kinds.ConfigMap, name, 'page')
      const web = JSON.stringify((await client.get(kinds.Deployment, name, 'web'))?.['spec'])
      return [page?.['data'], /"GREETING","value":"(\w+)"/.exec(web)?.[1]]
    }
    const first = await machineWith(name)
    await first.run(['up'], { GREETING: 'ada' })
    const before = await served()
    expect(before).toEqual([{ 'index.html': 'one, ada\n' }, 'ada'])
    await writeFile(join(first.folder, 'index.html'), 'two, ${GREETING}\n')
    await first.run(['up'], { GREETING: 'bob' })
    expect(await served()).toEqual([{ 'index.html': 'two, bob\n' }, 'bob'])

    const second = await machineWith(name)
    await second.run(['rollback'])
    expect(await served()).toEqual(before)
    const { revisions } = JSON.parse(await first.run(['history', '-o', 'json'])) as {
      readonly revisions: readonly { readonly command: string; readonly changes: Revision['changes'] }[]
    }
    expect(revisions.map(({ command }) => command)).toEqual(['up', 'up', 'rollback 1'])
    expect(revisions[2]?.changes.map(({ resource }) => resource)).toEqual(['config/page', 'service/web'])
    expect(await second.run(['diff', '1', '3'])).toBe(
      'revision 1 and revision 3 are the same on the target.\n',
    )
    // The generated password is the same for both machines, so what is up stays as it is.
    expect(await second.run(['plan'], { GREETING: 'ada' })).toContain('Nothing to do')
    await second.run(['down', '--all', '--yes'])
    expect(await client.get(kinds.Namespace, undefined, name)).toBeUndefined()
    expect(await readdir(join(second.state, 'iamstack'))).toEqual([])
  })
})
