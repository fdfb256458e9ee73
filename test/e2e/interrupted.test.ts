import { spawn } from 'node:child_process'
import { describe, expect, onTestFinished, test } from 'vitest'
import { describeRun, sandbox, statusOf, targets, type Sandbox, type Target } from './cli.ts'
import { generator, killed, seed, timed, writeFour } from './interruptions.ts'
import { docker, dockerThingsOf } from './machine.ts'

/** Kills of each command per target. */
const rounds = 12

describe.each(targets)('%s', (target) => {
  test(`kill -9 at any moment of up and down: the next run converges, and what is not ours is untouched (E2E_SEED=${String(seed)})`, async () => {
    const box = sandbox()
    writeFour(box)
    const strangers = makeStrangers(box, target)
    const before = strangers.look()
    const on = ['--profile', target]
    const random = generator(seed)
    const usual = {
      up: await timed(() => box.succeed(['up', ...on])),
      down: await timed(() => box.succeed(['down', ...on])),
    }
    for (let round = 1; round <= rounds; round += 1) {
      await killed(box, ['up', ...on], random() * usual.up * 1.1)
      const up = await box.run(['up', ...on])
      expect(up.code, describeRun(['up'], up)).toBe(0)
      const rows = [...(await statusOf(box, on)).values()]
      expect(rows.map(({ resource, health, drift }) => ({ resource, health, drift }))).toEqual(
        rows.map(({ resource }) => ({ resource, health: 'ready' })),
      )
      await killed(box, ['down', ...on], random() * usual.down * 1.1)
      const down = await box.run(['down', ...on])
      expect(down.code, describeRun(['down'], down)).toBe(0)
      expect({ ...box.traces(), files: [] }).toEqual({
        processes: [],
        docker: target === 'compose' ? [`volume ${box.name}-e2e_data`] : [],
        cluster: [],
        files: [],
      })
    }
    await box.succeed(['down', ...on, '--all', '--yes'])
    expect(box.traces()).toEqual({ processes: [], docker: [], cluster: [], files: [] })
    expect(strangers.look()).toEqual(before)
  })
})

/** Things that somebody else made before, as near to ours by name as they can be. */
function makeStrangers(box: Sandbox, target: Target): { look(): unknown } {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], {
    cwd: box.folder,
    stdio: 'ignore',
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const name = `${box.name}-e2e-stranger`
  const project = `com.docker.compose.project=${box.name}-e2e`
  if (target === 'compose') {
    docker('network', 'create', '--label', project, name)
    docker('volume', 'create', '--label', project, name)
    docker(
      'run',
      '--detach',
      '--name',
      name,
      '--label',
      project,
      '--network',
      name,
      '--volume',
      `${name}:/v`,
      'busybox:stable',
      'sleep',
      '100000',
    )
    onTestFinished(() => {
      docker('rm', '--force', name)
      docker('network', 'rm', name)
      docker('volume', 'rm', name)
    })
  }
  return {
    look: () => ({
      isRunning: child.exitCode === null && child.signalCode === null,
      container:
        target === 'compose' &&
        docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}} {{.RestartCount}}', name),
      network: target === 'compose' && docker('network', 'inspect', '--format', '{{.Id}}', name),
      volume: target === 'compose' && docker('volume', 'inspect', '--format', '{{.CreatedAt}}', name),
      ours: dockerThingsOf(`${box.name}-none`),
    }),
  }
}
