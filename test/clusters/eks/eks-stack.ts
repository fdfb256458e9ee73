import type { EksSettings } from '../../../src/clusters/eks/settings.ts'
import { eksSettings } from '../../../src/clusters/eks/settings.ts'
import type { ResolvedStack } from '../../../src/resolve/resolved.ts'
import { resolvedStack } from '../../resolve/stack.ts'

/** Two images and a service with a load balancer. */
export const shop = `name: shop
images: { api: { context: ./api }, web: { context: ./web } }
services:
  api: { image: api, replicas: 2, ports: { http: 80 } }
  web: { image: web, ports: { http: 80 } }
`

export interface EksChoice {
  /** Lines of the block `eks`, without their indentation. A region and a group of nodes come by themselves. */
  readonly block?: string
  readonly isBare?: true
  /** Other lines of the profile. */
  readonly profile?: string
  readonly stack?: string
}

export function profileText({ block = '', isBare, profile = '' }: EksChoice): string {
  const usual =
    isBare === true
      ? []
      : [
          ...(/^region:/m.test(block) ? [] : ['region: eu-west-1']),
          ...(/^nodes:/m.test(block) ? [] : ['nodes: { workers: { type: t3.medium, desired: 2 } }']),
        ]
  const lines = [...usual, ...block.split('\n').filter((line) => line.trim() !== '')]
  return `target: eks\n${profile}eks:\n${lines.map((line) => `  ${line}`).join('\n')}\n`
}

export async function eksStack(choice: EksChoice = {}): Promise<ResolvedStack> {
  return await resolvedStack(choice.stack ?? shop, {
    profile: 'here',
    files: { 'profiles/here.yaml': profileText(choice) },
  })
}

export async function settingsOf(choice: EksChoice = {}): Promise<EksSettings> {
  return eksSettings(await eksStack(choice))
}
