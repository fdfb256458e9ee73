import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { reasonOf } from '../../common/src/log.ts'
import type { Client } from './client.ts'
import { showTable } from './table.ts'

/** The command line cannot be understood. */
export class UsageError extends Error {}

interface Kind {
  readonly path: string
  readonly columns: readonly string[]
  /** The body of a creation, from the name and the options. */
  readonly body: (name: string, options: Options) => Promise<unknown>
}

type Options = Readonly<
  Partial<Record<'email' | 'password-file' | 'description' | 'expires' | 'file' | 'owner', string>>
>

const kinds: Readonly<Record<string, Kind>> = {
  user: {
    path: '/v1/users',
    columns: ['name', 'email', 'isAdmin', 'createdAt'],
    body: async (name, options) => ({
      name,
      email: options.email ?? missing('--email ADDRESS'),
      password: (await read(options['password-file'] ?? missing('--password-file FILE'))).replace(
        /\r?\n$/,
        '',
      ),
    }),
  },
  secret: {
    path: '/v1/secrets',
    columns: ['owner', 'name', 'id', 'expiresAt'],
    body: (name, { description, expires }) =>
      Promise.resolve({
        name,
        ...(description !== undefined && { description }),
        ...(expires !== undefined && { expiresAt: expires }),
      }),
  },
  policy: {
    path: '/v1/policies',
    columns: ['owner', 'name', 'effect', 'updatedAt'],
    body: async (name, { file = missing('--file FILE') }) => ({
      ...asObject(file, parse(await read(file))),
      name,
    }),
  },
}

/** `iamctl user|secret|policy list|create|get|delete [NAME] [options]`: what it prints. UsageError, or why the server refused. */
export async function runCommand(client: Client, argv: readonly string[]): Promise<string> {
  const { positionals, values } = readArguments(argv)
  const [kindName = '', verb = '', name = ''] = positionals
  const kind = Object.hasOwn(kinds, kindName) ? kinds[kindName] : undefined
  if (!kind) throw new UsageError(`unknown command ${kindName}`)
  if (verb !== 'list' && name === '') throw new UsageError(`${kindName} ${verb} needs a name`)
  const owner = values.owner === undefined ? '' : `?owner=${encodeURIComponent(values.owner)}`
  const path = `${kind.path}/${encodeURIComponent(name)}${owner}`
  switch (verb) {
    case 'list': {
      const { items } = (await client.api('GET', `${kind.path}${owner}`)) as {
        items: Record<string, unknown>[]
      }
      return showTable(kind.columns, items)
    }
    case 'create':
      return showJson(await client.api('POST', kind.path, await kind.body(name, values)))
    case 'get':
      return showJson(await client.api('GET', path))
    case 'delete':
      await client.api('DELETE', path)
      return `${kindName} ${name} deleted\n`
    default:
      throw new UsageError(
        `${kindName} has list, create, get and delete, not ${verb === '' ? 'nothing' : verb}`,
      )
  }
}

function readArguments(argv: readonly string[]): { positionals: readonly string[]; values: Options } {
  const option = { type: 'string' } as const
  const options = {
    email: option,
    'password-file': option,
    description: option,
    expires: option,
    file: option,
    owner: option,
  }
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(reasonOf(error))
  }
}

/** A file, or standard input for `-`: a password is never an argument, for arguments are in the process list. */
async function read(file: string): Promise<string> {
  return readFile(file === '-' ? '/dev/stdin' : file, 'utf8')
}

function asObject(file: string, value: unknown): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new UsageError(`${file} does not hold a policy`)
}

function missing(option: string): never {
  throw new UsageError(`${option} is missing`)
}

function showJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
