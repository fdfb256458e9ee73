import { describe, expect, test } from 'vitest'
import { folderWith, runCommand, type Ran } from './run-command.ts'

const files = {
  'iamstack.yaml': `version: 1
name: shop
services:
  web: { image: busybox:stable, process: { run: sleep 100 } }
`,
  'profiles/near.yaml': '# Here.\ntarget: process\n',
}

/** In a folder of its own, whose path is `.` in what comes of it. */
async function ran(...words: readonly string[]): Promise<Ran> {
  const cwd = await folderWith(files)
  const { code, stdout, stderr } = await runCommand(words, { cwd, env: { IAMSTACK_STATE: `${cwd}/state` } })
  return { code, stdout: stdout.replaceAll(cwd, '.'), stderr: stderr.replaceAll(cwd, '.') }
}

describe('what needs a cluster, without one', () => {
  test('exec --debug is refused at the service, with what does instead', async () => {
    expect(await ran('exec', '--profile', 'process', '--debug', 'web', '--', 'sh')).toMatchInlineSnapshot(`
      {
        "code": 7,
        "stderr": "error web: --debug puts a container into a pod, and here are no pods (./iamstack.yaml:4:3)
        → its program runs on this machine, where every tool is beside it; leave --debug out
      ",
        "stdout": "",
      }
    `)
  })

  test('check --live is refused at the profile, with what looks at this machine', async () => {
    expect(await ran('check', '--live', '--profile', 'near')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "stderr": "",
        "stdout": "near: 1 refused, 0 ignored or doubtful

      ./profiles/near.yaml:1:1 error check/no-cluster: --live looks at clusters, and process runs on this machine
        1 | # Here.
          | ^
        2 | target: process
        hint: iamstack doctor --profile near looks at the machine: engine, ports, programs
      ",
      }
    `)
  })

  test('check --live wants one profile: not every one that lies there is to be called', async () => {
    expect(await ran('check', '--live')).toMatchInlineSnapshot(`
      {
        "code": 2,
        "stderr": "error check --live: name the profile whose cluster is to be looked at
        → iamstack check --live --profile kind
      ",
        "stdout": "",
      }
    `)
  })
})
