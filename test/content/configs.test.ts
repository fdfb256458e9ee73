import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfigs } from '../../src/content/configs.ts'
import type { ConfigFact } from '../../src/drivers/facts.ts'
import type { ConfigSource, Mount, ResolvedStack } from '../../src/resolve/resolved.ts'
import { textAsWritten } from '../../src/resolve/text.ts'
import { locationOf, type Diagnostic } from '../../src/stack/diagnostics.ts'
import { from, plainText, secretsOf, serviceOf, spanAt, stackOf } from './stack.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'configs-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function files(contents: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(contents)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
}

type Source = ConfigSource extends infer S ? (S extends ConfigSource ? Omit<S, 'from'> : never) : never

/** The sources of config `app`, line by line, in a stack with a service that mounts it. */
function stackWith(...sources: Source[]): ResolvedStack {
  const located = sources.map((source, index) => ({ ...source, from: spanAt(index + 1) }))
  const mount: Mount = {
    kind: 'config',
    config: 'app',
    key: undefined,
    keys: undefined,
    mode: 0o644,
    path: '/etc/app',
    isReadOnly: true,
    from,
  }
  const values: Readonly<Record<string, string>> = { NAME: 'todo', PORT: '8000' }
  return stackOf({
    configs: new Map([['app', { name: 'app', sources: located, from }]]),
    secrets: secretsOf({ db: { password: { kind: 'generate', length: 8 } } }),
    services: new Map([['api', serviceOf('api', { mounts: [mount] })]]),
    scope: {
      value: (name) => (values[name] === undefined ? undefined : [values[name]]),
      names: () => Object.keys(values),
    },
  })
}

async function read(...sources: Source[]): Promise<ConfigFact> {
  const result = await readConfigs(stackWith(...sources))
  if (!result.ok) throw new Error(JSON.stringify(result.errors))
  return result.value.get('app') ?? { files: [] }
}

function shown({ files }: ConfigFact): Record<string, string> {
  return Object.fromEntries(
    files.map(({ path, content }) => [
      path,
      content.kind === 'text'
        ? textAsWritten(content.text)
        : `bytes ${Buffer.from(content.bytes).toString('latin1')}`,
    ]),
  )
}

async function errors(...sources: Source[]): Promise<string> {
  const result = await readConfigs(stackWith(...sources))
  return (result.ok ? [] : result.errors).map(line).join('\n').replaceAll(folder, '.')
}

function line({ span, code, message, hint }: Diagnostic): string {
  return `${span ? locationOf(span) : ''} ${code}: ${message}${hint === undefined ? '' : ` (${hint})`}`
}

const template = (pattern: string) => ({ kind: 'template', pattern: join(folder, pattern) }) as const
const filesAt = (path: string, key?: string) =>
  ({ kind: 'files', path: join(folder, path), ...(key !== undefined && { key }) }) as const

describe('S39, S41: files come from', () => {
  it('a glob of templates, with variables in place and references as they are', async () => {
    await files({
      'config/api.yaml':
        'name: ${NAME}\nport: ${PORT:-1}\ncost: $5 $${NAME}\npassword: ${secret.db.password}\n',
      'config/pump.yaml': '',
      'config/notes.txt': '${UNDEFINED}',
      'config/.hidden.yaml': '${UNDEFINED}',
      'config/deep/more.yaml': '${UNDEFINED}',
    })
    const config = await read(template('config/*.yaml'))
    expect(shown(config)).toEqual({
      'api.yaml': 'name: todo\nport: 8000\ncost: $5 ${NAME}\npassword: ${secret.db.password}\n',
      'pump.yaml': '',
    })
    expect(config.files.map(({ secrets }) => secrets)).toEqual([[{ secret: 'db', key: 'password' }], []])
  })

  it('a folder, sub-folders and names with dots included, byte for byte', async () => {
    await files({ 'cert/ca.pem': '${X}', 'cert/sub/.key': Uint8Array.from([0, 255]) })
    await symlink('..', join(folder, 'cert/sub/loop'))
    await symlink('nowhere', join(folder, 'cert/dangling'))
    await symlink('ca.pem', join(folder, 'cert/link.pem'))
    expect(shown(await read(filesAt('cert')))).toEqual({
      'ca.pem': 'bytes ${X}',
      'link.pem': 'bytes ${X}',
      'sub/.key': 'bytes \0ÿ',
    })
  })

  it('a deep glob, one file under another name, literals and variables of a file', async () => {
    await files({
      'sql/1.sql': '1',
      'sql/a/2.sql': '2',
      'sql/a/b/3.sql': '3',
      'sql/a/4.txt': '4',
      'app.env': '# comment\nA=1\nexport B="two\\nlines"\n',
    })
    expect(
      shown(
        await read(
          filesAt('sql/**/*.sql'),
          filesAt('sql/1.sql', 'first.sql'),
          { kind: 'literal', key: 'greeting', text: plainText('hello', from) },
          { kind: 'env-file', path: join(folder, 'app.env') },
        ),
      ),
    ).toEqual({
      '1.sql': 'bytes 1',
      'a/2.sql': 'bytes 2',
      'a/b/3.sql': 'bytes 3',
      'first.sql': 'bytes 1',
      greeting: 'hello',
      A: '1',
      B: 'two\nlines',
    })
  })
})

describe('a hash', () => {
  it('changes with the content of its file alone', async () => {
    await files({ 'a.yaml': 'a: ${NAME}', 'b.yaml': 'b' })
    const hashes = async () => (await read(template('*.yaml'))).files.map(({ hash }) => hash)
    const before = await hashes()
    await files({ 'a.yaml': '\n'.repeat(3) + 'a: ${NAME}' })
    const after = await hashes()
    expect(after[0]).not.toBe(before[0])
    expect(after[1]).toBe(before[1])
  })

  it('does not take a reference for its own text, nor depend on where it stands', async () => {
    const hashOf = async (content: string) => {
      await files({ 'a.txt': content })
      return (await read(template('a.txt'))).files[0]?.hash
    }
    expect(await hashOf('${secret.db.password}')).not.toBe(await hashOf('$${secret.db.password}'))
    expect(await hashOf('${NAME}${secret.db.password}')).toBe(await hashOf('todo${secret.db.password}'))
  })
})

it('S10: everything that is wrong in all files is said at once, at its place', async () => {
  await files({
    'config/api.yaml': 'host: ${HOST}\nport: ${PROT}\n',
    'config/pump.yaml': 'a: ${HOST} ${service.dbb.host}\nb: ${secret.db.pasword}\n',
    'config/latin.yaml': Buffer.from('name: ok\nname: caf\xe9\n', 'latin1'),
    'config/wide.yaml': Buffer.from('\ufeffname', 'utf16le'),
    'app.env': 'no assignment\n',
    'one.sql': '1',
    'two.sql': '2',
  })
  expect(
    await errors(
      template('config/*.yaml'),
      template('confg/*.yaml'),
      filesAt('oen.sql'),
      filesAt('*.sql', 'schema.sql'),
      filesAt('one.sql'),
      filesAt('one.sql'),
      { kind: 'env-file', path: join(folder, 'app.env') },
    ),
  ).toMatchInlineSnapshot(`
    "./config/api.yaml:1:7 vars/undefined: HOST is not defined (declare it under \`vars\`, or write \${HOST:-default}, or $\${HOST} for a literal one)
    ./config/api.yaml:2:7 vars/undefined: PROT is not defined (did you mean \`PORT\`?)
    ./config/latin.yaml:2:10 config/encoding: byte 0xe9 is not UTF-8 (save the file as UTF-8, or put it under \`files\`, where nothing is substituted)
    ./config/pump.yaml:1:4 vars/undefined: HOST is not defined (declare it under \`vars\`, or write \${HOST:-default}, or $\${HOST} for a literal one)
    ./config/wide.yaml:1:1 config/encoding: the file is UTF-16 (save the file as UTF-8, or put it under \`files\`, where nothing is substituted)
    /todo/iamstack.yaml:2:1 config/no-files: config app: there is no file ./confg/*.yaml (paths start at the file that states them)
    /todo/iamstack.yaml:3:1 config/no-files: config app: there is no file ./oen.sql (did you mean \`./one.sql\`?)
    /todo/iamstack.yaml:4:1 config/one-file: schema.sql is one file, and 2 are named here (name a single file)
    /todo/iamstack.yaml:6:1 config/duplicate: config app has two files one.sql (give one another name with \`files: { NAME: path }\`)
    ./app.env:1:1 dotenv/syntax: this line is no assignment (write NAME=value, or begin a comment with #)"
  `)
})

it.skipIf(process.getuid?.() === 0)('a file that may not be read is named', async () => {
  await files({ 'a.yaml': '' })
  await chmod(join(folder, 'a.yaml'), 0)
  expect(await errors(template('a.yaml'))).toBe(
    '/todo/iamstack.yaml:1:1 config/unreadable: ./a.yaml cannot be read: EACCES (make it readable for you)',
  )
})
