import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface ContainerStacks {
  readonly folder: string
  /** Name of our stack; the peer's project has `-peer` behind it. */
  readonly name: string
  readonly count: number
  /** Service `s1` answers HTTP with this text on these loopback ports instead of sleeping. */
  readonly web?: { readonly answer: string; readonly ours: number; readonly peer: number }
}

export const peerName = (name: string): string => `${name}-peer`

/** What `web` runs: the answer comes from the environment, so that a changed answer is a changed container. */
export const webCommand = [
  '/bin/sh',
  '-c',
  'mkdir -p /www && echo "$ANSWER" > /www/index.html && exec httpd -f -p 8000 -h /www',
] as const

/** The same application for us and for compose: services of one image, every fourth needs the one before. */
export async function writeContainerStacks(stacks: ContainerStacks): Promise<void> {
  const { folder, name, count, web } = stacks
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  const ours = numbers.map((number) => ourService(number, number === 1 ? web : undefined))
  const theirs = numbers.map((number) => composeService(number, number === 1 ? web : undefined))
  await writeFile(
    join(folder, 'iamstack.yaml'),
    `version: 1\nname: ${name}\nservices:\n${ours.flat().join('\n')}\n`,
  )
  await writeFile(
    join(folder, 'compose.yaml'),
    `name: ${peerName(name)}\nservices:\n${theirs.flat().join('\n')}\n`,
  )
}

function ourService(number: number, web: ContainerStacks['web']): string[] {
  return [
    `  s${number}:`,
    '    image: busybox:stable',
    `    entrypoint: ${JSON.stringify(web ? webCommand : ['/bin/sleep', '3600'])}`,
    `    env: { NUMBER: "${number}", LEVEL: info${web ? `, ANSWER: ${web.answer}` : ''} }`,
    '    stop: { grace: 0s }',
    ...(web ? ['    ports: { http: 8000 }', `    expose: { http: "local:${web.ours}" }`] : []),
    ...(number % 4 === 0 ? [`    needs: { s${number - 1}: started }`] : []),
  ]
}

function composeService(number: number, web: ContainerStacks['web']): string[] {
  // Compose has its own $ in strings.
  const entrypoint = (web ? webCommand : ['/bin/sleep', '3600']).map((word) => word.replaceAll('$', '$$$$'))
  return [
    `  s${number}:`,
    '    image: busybox:stable',
    `    entrypoint: ${JSON.stringify(entrypoint)}`,
    `    environment: { NUMBER: "${number}", LEVEL: info${web ? `, ANSWER: ${web.answer}` : ''} }`,
    '    stop_grace_period: 0s',
    ...(web ? [`    ports: ["127.0.0.1:${web.peer}:8000"]`] : []),
    ...(number % 4 === 0 ? [`    depends_on: [s${number - 1}]`] : []),
  ]
}

/** Local processes that listen and answer at once: the program takes its port as its argument. */
export async function writeProcessStack(
  folder: string,
  name: string,
  count: number,
  program: string,
): Promise<void> {
  const services = Array.from({ length: count }, (_, index) => [
    `  s${index + 1}:`,
    `    process: { run: ${JSON.stringify(['node', program, '${self.port.http}'])} }`,
    '    ports: { http: 8000 }',
    '    health: { http: /, port: http }',
  ])
  await writeFile(
    join(folder, 'iamstack.yaml'),
    `version: 1\nname: ${name}\nservices:\n${services.flat().join('\n')}\n`,
  )
}
