import { RespError, type RespValue } from '../../common/src/resp.ts'
import type { Store } from './store.ts'

/** What a command does; the words are those after its name. */
interface Command {
  readonly least: number
  readonly most: number
  readonly run: (store: Store, words: readonly string[]) => RespValue | Simple
}

/** Sent as `+OK`, not as a bulk text. */
export interface Simple {
  readonly simple: string
}

const ok: Simple = { simple: 'OK' }

const commands: Readonly<Record<string, Command>> = {
  PING: { least: 0, most: 1, run: (_, [text]) => text ?? { simple: 'PONG' } },
  GET: { least: 1, most: 1, run: (store, [key = '']) => store.getText(key) ?? null },
  SET: { least: 2, most: 6, run: set },
  DEL: { least: 1, most: Infinity, run: (store, keys) => keys.filter((key) => store.delete(key)).length },
  EXISTS: { least: 1, most: Infinity, run: (store, keys) => keys.filter((key) => store.has(key)).length },
  EXPIRE: {
    least: 2,
    most: 2,
    run: (store, [key = '', seconds]) => Number(store.expire(key, integer(seconds) * 1000)),
  },
  PEXPIRE: { least: 2, most: 2, run: (store, [key = '', time]) => Number(store.expire(key, integer(time))) },
  TTL: { least: 1, most: 1, run: (store, [key = '']) => timeToLive(store, key) },
  LPUSH: {
    least: 2,
    most: Infinity,
    run: (store, [key = '', ...items]) => {
      const list = [...items.reverse(), ...store.list(key)]
      store.setList(key, list)
      return list.length
    },
  },
  RPOP: { least: 1, most: 2, run: pop },
  LLEN: { least: 1, most: 1, run: (store, [key = '']) => store.list(key).length },
  LRANGE: {
    least: 3,
    most: 3,
    run: (store, [key = '', first, last]) => range(store.list(key), integer(first), integer(last)),
  },
  LTRIM: {
    least: 3,
    most: 3,
    run: (store, [key = '', first, last]) => {
      store.setList(key, range(store.list(key), integer(first), integer(last)))
      return ok
    },
  },
}

/** Runs one command. RespError, or an error of the store, where it cannot be: the text is the reply. */
export function runCommand(store: Store, [name = '', ...words]: readonly string[]): RespValue | Simple {
  const word = name.toUpperCase()
  const command = Object.hasOwn(commands, word) ? commands[word] : undefined
  if (!command) throw new RespError(`ERR unknown command '${name}'`)
  if (words.length < command.least || words.length > command.most)
    throw new RespError(`ERR wrong number of arguments for '${name.toLowerCase()}' command`)
  return command.run(store, words)
}

function set(store: Store, [key = '', text = '', ...options]: readonly string[]): Simple | null {
  let lifetime: number | undefined
  const words = options.map((word) => word.toUpperCase())
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index]
    if (word === 'EX' || word === 'PX') {
      lifetime = integer(words[index + 1]) * (word === 'EX' ? 1000 : 1)
      if (lifetime <= 0) throw new RespError(`ERR invalid expire time in 'set' command`)
      index += 1
    } else if (word !== 'NX' && word !== 'XX') throw new RespError('ERR syntax error')
  }
  if (words.includes('NX') && store.has(key)) return null
  if (words.includes('XX') && !store.has(key)) return null
  store.setText(key, text, lifetime)
  return ok
}

function timeToLive(store: Store, key: string): number {
  if (!store.has(key)) return -2
  const lifetime = store.lifetime(key)
  return lifetime === undefined ? -1 : Math.ceil(lifetime / 1000)
}

function pop(store: Store, [key = '', count]: readonly string[]): RespValue {
  const list = store.list(key)
  const wanted = count === undefined ? 1 : integer(count)
  if (wanted < 0) throw new RespError('ERR value is out of range, must be positive')
  const kept = Math.max(0, list.length - wanted)
  const popped = list.slice(kept).reverse()
  store.setList(key, list.slice(0, kept))
  if (count === undefined) return popped[0] ?? null
  return list.length === 0 ? null : popped
}

/** Both ends count; negative positions count from the end of the list. */
function range(list: readonly string[], first: number, last: number): readonly string[] {
  const from = Math.max(0, first < 0 ? list.length + first : first)
  const to = last < 0 ? list.length + last : last
  return list.slice(from, Math.max(from, to + 1))
}

function integer(word: string | undefined): number {
  if (word !== undefined && /^-?\d{1,15}$/.test(word)) return Number(word)
  throw new RespError('ERR value is not an integer or out of range')
}
