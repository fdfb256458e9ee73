import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface ContainerStack {
  readonly folder: string
  /** Name of our stack; the peer's project has `-peer` behind it. */
  readonly name: string
  readonly count: number
  /** Service `s1` answers HTTP with this text on this loopback port instead of sleeping. */
  readonly web?: Web
}

export interface Web {
  readonly answer: string
  readonly port: number
}

export const peerName = (name: string): string => `${name}-peer`

/** What `web` runs: the answer comes from the environment, so that a changed answer is a changed container. */
export const webCommand = [
  '/bin/sh',
  '-c',
  'mkdir -p /www && echo "$ANSWER" > /www/index.html && exec httpd -f -p 8000 -h /www',
] as const

/** Services of one image, every fourth needs the one before. */
export async function writeStack({ folder, name, count, web }: ContainerStack): Promise<void> {
  const services = numbersTo(count).map((number) => ourService(number, number === 1 ? web : undefined))
  await writeFile(
    join(folder, 'iamstack.yaml'),
    `version: 1\nname: ${name}\nservices:\n${services.flat().join('\n')}\n`,
  )
}

/** The same application for compose. */
export async function writeComposeFile({ folder, name, count, web }: ContainerStack): Promise<void> {
  const services = numbersTo(count).map((number) => composeService(number, number === 1 ? web : undefined))
  await writeFile(
    join(folder, 'compose.yaml'),
    `name: ${peerName(name)}\nservices:\n${services.flat().join('\n')}\n`,
  )
}

const numbersTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

function ourService(number: number, web: Web | undefined): string[] {
  return [
    `  s${number}:`,
    '    image: busybox:stable',
    `    entrypoint: ${JSON.stringify(web ? webCommand : ['/bin/sleep', '3600'])}`,
    `    env: { NUMBER: "${number}", LEVEL: info${web ? `, ANSWER: ${web.answer}` : ''} }`,
    '    stop: { grace: 0s }',
    ...(web ? ['    ports: { http: 8000 }', `    expose: { http: "local:${web.port}" }`] : []),
    ...(number % 4 === 0 ? [`    needs: { s${number - 1}: started }`] : []),
  ]
}

function composeService(number: number, web: Web | undefined): string[] {
  // Compose has its own $ in strings.
  const entrypoint = (web ? webCommand : ['/bin/sleep', '3600']).map((word) => word.replaceAll('$', '$$$$'))
  return [
    `  s${number}:`,
    '    image: busybox:stable',
    `    entrypoint: ${JSON.stringify(entrypoint)}`,
    `    environment: { NUMBER: "${number}", LEVEL: info${web ? `, ANSWER: ${web.answer}` : ''} }`,
    '    stop_grace_period: 0s',
    ...(web ? [`    ports: ["127.0.0.1:${web.port}:8000"]`] : []),
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
