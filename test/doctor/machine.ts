import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding } from '../../src/doctor/finding.ts'
import { folderWith, runCommand, type Ran } from '../commands/run-command.ts'
import { fakeEngine } from '../platform/engine/fake-engine.ts'

/** A machine of the test's own: home, state folder and PATH in one temporary folder. */
export async function machine(files: Readonly<Record<string, string>> = {}) {
  const folder = await folderWith({ 'home/.keep': '', 'bin/.keep': '', 'stack/.keep': '', ...files })
  const base = {
    HOME: join(folder, 'home'),
    PATH: join(folder, 'bin'),
    IAMSTACK_STATE: join(folder, 'state'),
  }
  return {
    folder,
    doctor: (words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
      runCommand(['doctor', ...words], { cwd: join(folder, 'stack'), env: { ...base, ...env } }),
    /** An executable that prints this. */
    tool: async (name: string, output: string, exitCode = 0) => {
      const path = join(folder, 'bin', name)
      await writeFile(path, `#!/bin/sh\necho '${output}'\nexit ${String(exitCode)}\n`)
      await chmod(path, 0o755)
    },
  }
}

interface EngineOptions {
  readonly version?: string
  readonly apiVersion?: string
  readonly networks?: number
  readonly containers?: readonly object[]
  readonly pools?: readonly object[]
}

/** An engine that answers the questions of `doctor`, as DOCKER_HOST and with what it was asked. */
export async function engine(options: EngineOptions = {}) {
  const { version = '26.1.5', apiVersion = '1.45', networks = 1 } = options
  const answers: Readonly<Record<string, unknown>> = {
    version: { Version: version, ApiVersion: apiVersion, MinAPIVersion: '1.24' },
    info: { DockerRootDir: '/no/such/folder', OperatingSystem: 'Debian', DefaultAddressPools: options.pools },
    networks: Array.from({ length: networks }, (_, index) => ({
      Driver: 'bridge',
      IPAM: { Config: [{ Subnet: `10.0.${String(index)}.0/24` }] },
    })),
    'containers/json': options.containers ?? [],
  }
  const { path, requests } = await fakeEngine(({ url = '' }) => {
    const what = /^\/v[\d.]+\/([\w/]+)/.exec(url)?.[1] ?? ''
    return { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(answers[what]) }
  }, apiVersion)
  return { env: { DOCKER_HOST: `unix://${path}` }, requests, path }
}

export function findingsOf({ stdout }: Ran): Finding[] {
  return (JSON.parse(stdout) as { checks: Finding[] }).checks
}

export function about(ran: Ran, ...checks: readonly string[]): string {
  return findingsOf(ran)
    .filter(({ check }) => checks.some((each) => check.startsWith(each)))
    .map(
      ({ check, level, message, cure }) =>
        `${level} ${check}: ${message}${cure === undefined ? '' : `\n  → ${cure}`}`,
    )
    .join('\n')
}

/** Root may open everything: as root the body runs with the rights of `nobody`. */
export async function asOrdinaryUser<T>(body: () => Promise<T>): Promise<T> {
  const { seteuid, getuid } = process
  if (getuid?.() !== 0 || !seteuid) return body()
  seteuid(65_534)
  try {
    return await body()
  } finally {
    seteuid(0)
  }
}
