import { access, constants } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** The names that engines (`amd64` of an image, `x86_64` of a host) and nodes have for what we ship. */
const shipped: ReadonlyMap<string, string> = new Map([
  ['amd64', 'amd64'],
  ['x86_64', 'amd64'],
  ['arm64', 'arm64'],
  ['aarch64', 'arm64'],
])

/** `dist/agent` as the bundle beside it sees it, and as the sources do. */
const folders = ['./agent/', '../../../dist/agent/']

/** The path of the agent for Linux on that architecture; undefined where this package was built without it, or never has it. */
export async function agentBinary(architecture: string): Promise<string | undefined> {
  const name = shipped.get(architecture)
  if (name === undefined) return undefined
  for (const folder of folders) {
    const path = fileURLToPath(new URL(`${folder}agent-linux-${name}`, import.meta.url))
    if (await isThere(path)) return path
  }
  return undefined
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}
