import { join } from 'node:path'
import { root, type Sandbox } from './cli.ts'

/** What a replica of the small stacks answers. */
export interface Answer {
  readonly greeting?: string
  readonly settings?: string
  /** Another word for each time the program starts. */
  readonly life: string
}

/**
 * A service that runs `fixtures/server.mjs` on both targets without an image of its own: the program is a config. `fields` are
 * more lines of the service, at its indentation.
 */
export function serverService(name: string, fields = ''): string {
  return `
  ${name}:
    image: node:20-bookworm-slim
    command: [node, /app/server.mjs]
    process: { run: "node \${mount./app/server.mjs}", inputs: [] }
    ports: { http: 8000 }
    health: { http: /, port: http, every: 300ms }
    stop: { grace: 2s }
${fields
  .trim()
  .split('\n')
  .map((line) => `    ${line.trim()}`)
  .join('\n')}
`
}

/** The program of these stacks, to be copied beside the stack file. */
export const serverFile = join(root, 'test/e2e/fixtures/server.mjs')

export const program = 'configs: { program: { files: ./server.mjs } }'
export const programMount = '/app/server.mjs: { config: program, key: server.mjs }'
export const listens = 'PORT: "${self.port.http}"'

/** One exposed service and nothing else. */
export function writeServer(box: Sandbox, fields = '', more = ''): void {
  box.copy(serverFile, 'server.mjs')
  box.write({
    'iamstack.yaml': `version: 1
name: ${box.name}
${program}
services:${serverService(
      'web',
      `
env: { ${listens}, GREETING: one }
expose: { http: local }
mounts: { ${programMount} }
${fields}`,
    )}
${more}
`,
  })
}

/** Two exposed services: `reader` mounts the config `settings`, `other` does not. */
export function writePair(box: Sandbox): void {
  const reader = `env: { ${listens}, GREETING: one, SETTINGS: "\${mount./etc/settings.txt}" }
expose: { http: local }
mounts: { ${programMount}, /etc/settings.txt: { config: settings, key: settings.txt } }`
  const other = `env: { ${listens} }
expose: { http: local }
mounts: { ${programMount} }`
  box.copy(serverFile, 'server.mjs')
  box.write({
    'settings.txt': 'quiet',
    'iamstack.yaml': `version: 1
name: ${box.name}
${program.replace(' }', ' }, settings: { files: ./settings.txt }')}
services:${serverService('reader', reader)}${serverService('other', other)}`,
  })
}

export async function ask(url: string): Promise<Answer> {
  const response = await fetch(url, { headers: { connection: 'close' } })
  return (await response.json()) as Answer
}
