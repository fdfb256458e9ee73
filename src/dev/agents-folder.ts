import { dirname } from 'node:path'
import { agentBinary } from './channel/agent-binary.ts'

/** The folder with the agents for every architecture; undefined where this package was built without them. */
export async function agentsFolder(): Promise<string | undefined> {
  const binary = await agentBinary('amd64')
  return binary === undefined ? undefined : dirname(binary)
}
