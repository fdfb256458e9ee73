import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { ChannelError, type InnerProcess } from '../../../src/dev/channel/channel.ts'
import { agentBinary } from '../../../src/dev/channel/agent-binary.ts'
import { openChannel } from '../../../src/dev/channel/connect.ts'
import { buildAgent, compile, compiledAgents } from '../../../scripts/build-agent.mjs'
import { refusalOf, temporaryFolder } from '../../platform/engine/fake-engine.ts'
import { never } from './changes.ts'
import { localAgent } from './ends.ts'
import { localProcess } from './local-process.ts'

// Real processes, on a machine that may have much else to do.
vi.setConfig({ testTimeout: 60_000 })

const root = join(import.meta.dirname, '..', '..', '..')
const agent = await localAgent()
const exec = (argv: readonly string[]): Promise<InnerProcess> => Promise.resolve(localProcess(argv))

describe.runIf(process.platform === 'linux')('opening a channel', () => {
  test.runIf(agent !== undefined)('the agent where it is', async () => {
    expect((await openChannel({ exec, agentPath: agent ?? '', signal: never })).by).toBe('agent')
  })

  test('the shell where there is no agent, or something else in its place', async () => {
    const impostor = join(await temporaryFolder(), 'agent')
    await writeFile(impostor, '#!/bin/sh\nprintf "\\0\\0\\0\\001\\0012"; cat\n', { mode: 0o755 })
    expect((await openChannel({ exec, signal: never })).by).toBe('shell')
    expect((await openChannel({ exec, agentPath: '/nowhere', signal: never })).by).toBe('shell')
    expect((await openChannel({ exec, agentPath: impostor, signal: never })).by).toBe('shell')
  })

  test('nothing to speak to: each is named with its reason', async () => {
    const empty = await temporaryFolder()
    const other = join(empty, 'agent')
    await writeFile(other, '#!/bin/sh\nprintf "\\0\\0\\0\\001\\0012"; read line\n', { mode: 0o755 })
    const refusing = (argv: readonly string[]) =>
      argv[0] === 'sh'
        ? Promise.resolve(localProcess(['/bin/sh', ...argv.slice(1)], { env: { PATH: empty } }))
        : exec(argv)
    const opening = openChannel({ exec: refusing, agentPath: other, signal: never })
    expect((await refusalOf(opening)).replace(other, 'AGENT')).toMatchInlineSnapshot(
      `"ChannelError: there is nothing inside to speak to: agent at AGENT: the agent inside speaks version 2 of the protocol, not 1; shell: there is a shell, but no mv, no rm, no mkdir, no chmod, no ln, no head, no wc beside it"`,
    )
    const absent = (argv: readonly string[]) =>
      Promise.resolve(
        localProcess(['sh', '-c', `echo 'exec: "${argv[0] ?? ''}": not found in $PATH'; exit 126`]),
      )
    const none = openChannel({ exec: absent, signal: never })
    await expect(none).rejects.toBeInstanceOf(ChannelError)
    expect(await refusalOf(none)).toMatchInlineSnapshot(
      `"ChannelError: there is nothing inside to speak to: shell: the other end has ended: exec: "sh": not found in $PATH"`,
    )
  })

  test('an abort ends the attempt at one that does not answer', async () => {
    const silent = () => Promise.resolve(localProcess(['sleep', '60']))
    const signal = AbortSignal.timeout(100)
    await expect(openChannel({ exec: silent, signal })).rejects.toThrow('timeout')
  })
})

describe.runIf((await compiledAgents(root)) !== undefined)('the agent as it is shipped', () => {
  test('two builds are the same, byte for byte', { timeout: 120_000 }, async () => {
    const [kept, folder] = [(await compiledAgents(root)) ?? '', await temporaryFolder()]
    await mkdir(join(folder, 'elsewhere'))
    expect(compile(root, join(folder, 'elsewhere'))).toBe(true)
    for (const name of ['agent-linux-amd64', 'agent-linux-arm64']) {
      const [a, b] = await Promise.all([
        readFile(join(kept, name)),
        readFile(join(folder, 'elsewhere', name)),
      ])
      expect(a.equals(b)).toBe(true)
      expect(a.subarray(0, 4).toString('latin1')).toBe('\x7fELF')
    }
  })

  test('it is found by the names that engines and nodes have for architectures', async () => {
    await buildAgent(root, { quiet: true })
    const found = await Promise.all(
      ['amd64', 'x86_64', 'arm64', 'aarch64', 'riscv64', '../amd64'].map(agentBinary),
    )
    expect(found.map((path) => path?.slice(root.length + 1))).toEqual([
      'dist/agent/agent-linux-amd64',
      'dist/agent/agent-linux-amd64',
      'dist/agent/agent-linux-arm64',
      'dist/agent/agent-linux-arm64',
      undefined,
      undefined,
    ])
    expect((await stat(found[0] ?? '')).mode & 0o111).toBe(0o111)
  })

  test.runIf(agent !== undefined)('it copies itself', async () => {
    const target = join(await temporaryFolder(), 'made/agent')
    const copying = localProcess([agent ?? '', 'copy', target])
    expect(await new Promise((resolve) => copying.child.once('exit', resolve))).toBe(0)
    expect((await readFile(target)).equals(await readFile(agent ?? ''))).toBe(true)
    expect((await stat(target)).mode & 0o777).toBe(0o755)
  })
})
