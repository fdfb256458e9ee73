import type { Found } from './look-around.ts'

/** A first stack file, commented, that is valid for the process and the compose target as it stands. */
export function stackText(name: string, found: Found): string {
  const isExample = found.seen.length === 0
  return [
    '# One application, every environment. `iamstack dev` follows your edits, `iamstack schema` describes every key.',
    'version: 1',
    `name: ${name}`,
    '',
    ...(found.image === 'built' ? ['images:', '  app: { context: . }', ''] : []),
    'services:',
    '  app:',
    ...containerLines(found),
    ...processLines(found, isExample),
    `    ports: { http: ${String(found.port)} }`,
    '    expose: { http: local }               # a port of this machine; `local:8080` fixes it',
    '    health: { http: /, port: http }       # a path that answers once it can work',
    '    env:',
    '      PORT: "${self.port.http}"           # the port to listen on',
    '',
    'smoke:',
    '  answers: { http: { url: "app:http/", expect: { status: 200 } } }',
    '',
  ].join('\n')
}

function containerLines({ image, command, seen }: Found): string[] {
  if (image === 'built') return ['    image: app']
  const lines = [`    image: ${image.reference}`]
  if (seen.length > 0) {
    lines.push(
      '    working-dir: /app                     # the sources as they lie; a Dockerfile makes them an image',
      '    mounts: { /app: . }',
    )
  }
  return command ? [...lines, `    command: ${argv(command)}`] : lines
}

function processLines({ run }: Found, isExample: boolean): string[] {
  const line = typeof run === 'string' ? quoted(run) : argv(run)
  const note = isExample ? 'without containers: the same program' : 'how it runs without containers'
  return [`    # ${note}`, `    process: { run: ${line} }`]
}

function argv(words: readonly string[]): string {
  return `[${words.map((word) => (/^[a-z][\w./-]*$/i.test(word) ? word : quoted(word))).join(', ')}]`
}

/** JSON is YAML; `${` is ours and is doubled to mean itself. */
function quoted(text: string): string {
  return JSON.stringify(text.replaceAll('${', () => '$${'))
}
