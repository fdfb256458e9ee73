import { setTimeout as sleep } from 'node:timers/promises'
import type { Sandbox } from './cli.ts'
import { listens, program, programMount, serverFile, serverService } from './small-stack.ts'

/** Where the random moments of these suites start; in the names of their tests, so that a failure can be had again. */
export const seed = Number(process.env['E2E_SEED'] ?? Math.floor(Math.random() * 1e9))

/** Starts a command and kills it after so many milliseconds, if it still runs. */
export async function killed(box: Sandbox, words: readonly string[], moment: number): Promise<void> {
  const started = box.start(words)
  await Promise.race([sleep(moment), started.ended])
  started.kill('SIGKILL')
  await started.ended
}

/** Milliseconds that it took. */
export async function timed(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await act()
  return performance.now() - start
}

/** Moments from 0 to 1 (Mulberry32): the same moments for the same seed. */
export function generator(start: number): () => number {
  let state = start >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Four services with a volume, a config, a secret, a job, and needs. */
export function writeFour(box: Sandbox): void {
  box.copy(serverFile, 'server.mjs')
  const script = 'echo done >> "$DATA/runs"'
  const simple = `env: { ${listens} }\nmounts: { ${programMount} }`
  box.write({
    'settings.txt': 'quiet',
    'iamstack.yaml': `version: 1
name: ${box.name}
${program.replace(' }', ' }, settings: { files: ./settings.txt }')}
secrets: { key: { word: { generate: 24 } } }
volumes: { data: {} }
services:${serverService('store', simple.replace(' }\n', ', DATA: "${mount./data}" }\n').replace(/\}$/, ', /data: { volume: data }, /run/secrets/key: { secret: key } }'))}${serverService(
      'api',
      `${simple}
needs: { store: healthy, migrate: completed }
expose: { http: local }`,
    )}${serverService('worker', `${simple}\nneeds: { store: healthy }`)}${serverService(
      'reader',
      simple.replace(/\}$/, ', /etc/settings.txt: { config: settings, key: settings.txt } }'),
    )}
jobs:
  migrate:
    image: busybox:stable
    command: [sh, -c, '${script}']
    process: { run: [sh, -c, '${script}'], inputs: [] }
    env: { DATA: "\${mount./data}" }
    mounts: { /data: { volume: data } }
    needs: { store: healthy }
`,
  })
}
