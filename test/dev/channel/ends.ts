import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { agentCommand, openAgentChannel } from '../../../src/dev/channel/agent.ts'
import type { InnerProcess } from '../../../src/dev/channel/channel.ts'
import type { InsideChannel } from '../../../src/dev/channel/inside.ts'
import { openShellChannel, shellCommand } from '../../../src/dev/channel/shell.ts'
import { compiledAgents } from '../../../scripts/build-agent.mjs'
import { localProcess, type LocalProcess } from './local-process.ts'

const root = join(import.meta.dirname, '..', '..', '..')

/** One program that a channel can lead to, as it stands on this machine. */
export interface End {
  readonly name: string
  readonly argv: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly open: (process: InnerProcess, signal: AbortSignal) => Promise<InsideChannel>
}

/** The agent of this machine's architecture, made by the build; undefined where it cannot run. */
export async function localAgent(): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined
  const folder = await compiledAgents(root)
  return folder && join(folder, `agent-linux-${process.arch === 'x64' ? 'amd64' : process.arch}`)
}

/** The agent and every shell that is here. Off Linux there are none: what is inside a container is Linux. */
export async function endsOfThisMachine(): Promise<readonly End[]> {
  if (process.platform !== 'linux') return []
  const built = await localAgent()
  const agent = built && copyOf(built)
  const shell = (name: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): End => ({
    name,
    argv: [...words, ...shellCommand().slice(1)],
    env,
    open: openShellChannel,
  })
  return [
    ...(agent === undefined
      ? []
      : [{ name: 'agent', argv: agentCommand(agent), env: {}, open: openAgentChannel }]),
    shell('sh', ['sh']),
    // Not the same one again under another name.
    ...['dash', 'bash']
      .filter((name) => isHere(name) && realpathSync(whereIs(name)) !== realpathSync(whereIs('sh')))
      .map((name) => shell(name, [name])),
    ...(isHere('busybox') ? [shell('busybox', ['busybox', 'sh'], { PATH: busyboxPrograms() })] : []),
    shell('sh without dd', ['sh'], {
      PATH: programs(['head', 'wc', 'mv', 'rm', 'mkdir', 'chmod', 'ln', 'ls', 'chown', 'cat']),
    }),
  ]
}

export async function opened(
  end: End,
  options: { readonly uid?: number } = {},
): Promise<{ readonly channel: InsideChannel; readonly process: LocalProcess }> {
  const started = localProcess(absolute(end.argv), { ...options, env: end.env })
  return { channel: await end.open(started, new AbortController().signal), process: started }
}

/** The shell itself is found on our path, and only what it starts on the end's own. */
function absolute([program = '', ...words]: readonly string[]): string[] {
  return [program.includes('/') ? program : whereIs(program), ...words]
}

function isHere(program: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$0"', program]).status === 0
}

function whereIs(program: string): string {
  return execFileSync('sh', ['-c', 'command -v "$0"', program]).toString().trim()
}

/** The checkout may lie in a folder that is closed to others. */
function copyOf(program: string): string {
  const copy = join(ownFolder(), basename(program))
  copyFileSync(program, copy)
  chmodSync(copy, 0o755)
  return copy
}

function busyboxPrograms(): string {
  const folder = ownFolder()
  execFileSync(whereIs('busybox'), ['--install', '-s', folder])
  return folder
}

function programs(names: readonly string[]): string {
  const folder = ownFolder()
  for (const name of names) execFileSync('ln', ['-s', whereIs(name), join(folder, name)])
  return folder
}

function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'iamstack-programs-'))
  // Other users are to run them too.
  chmodSync(folder, 0o755)
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
