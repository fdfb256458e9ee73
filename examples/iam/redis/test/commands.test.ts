import { expect, test } from 'vitest'
import { runCommand } from '../src/commands.ts'
import { createStore } from '../src/store.ts'

function session(lines: readonly string[]): string {
  let now = 0
  const store = createStore(() => now)
  return lines
    .map((line) => {
      const [name, ...words] = line.split(' ')
      if (name === 'wait') return ((now += Number(words[0])), line)
      try {
        return `${line} → ${JSON.stringify(runCommand(store, [name ?? '', ...words]))}`
      } catch (error) {
        return `${line} → ${String(error)}`
      }
    })
    .join('\n')
}

test('texts and their time', () => {
  const lines = [
    'get a',
    'SET a 1',
    'GET a',
    'TTL a',
    'SET a 2 NX',
    'SET a 3 PX 50 XX',
    'SET b 1 XX',
    'EXISTS a b',
    'wait 50',
  ]
  expect(
    session([
      ...lines,
      'GET a',
      'SET a 4 EX 2 NX',
      'TTL a',
      'EXPIRE a 9',
      'TTL a',
      'PEXPIRE c 9',
      'TTL c',
      'DEL a b',
      'DEL a',
    ]),
  ).toMatchInlineSnapshot(`
    "get a → null
    SET a 1 → {"simple":"OK"}
    GET a → "1"
    TTL a → -1
    SET a 2 NX → null
    SET a 3 PX 50 XX → {"simple":"OK"}
    SET b 1 XX → null
    EXISTS a b → 1
    wait 50
    GET a → null
    SET a 4 EX 2 NX → {"simple":"OK"}
    TTL a → 2
    EXPIRE a 9 → 1
    TTL a → 9
    PEXPIRE c 9 → 0
    TTL c → -2
    DEL a b → 1
    DEL a → 0"
  `)
})

test('lists, whose head is the left', () => {
  const lines = [
    'LPUSH l a',
    'LPUSH l b c',
    'LLEN l',
    'LRANGE l 0 -1',
    'LRANGE l -2 -1',
    'LRANGE l 5 9',
    'LRANGE l -9 0',
    'RPOP l',
  ]
  expect(
    session([
      ...lines,
      'LTRIM l 0 -2',
      'LRANGE l 0 -1',
      'RPOP l 5',
      'RPOP l 5',
      'RPOP l',
      'LPUSH l x',
      'LTRIM l 0 -2',
      'EXISTS l',
    ]),
  ).toMatchInlineSnapshot(`
    "LPUSH l a → 1
    LPUSH l b c → 3
    LLEN l → 3
    LRANGE l 0 -1 → ["c","b","a"]
    LRANGE l -2 -1 → ["b","a"]
    LRANGE l 5 9 → []
    LRANGE l -9 0 → ["c"]
    RPOP l → "a"
    LTRIM l 0 -2 → {"simple":"OK"}
    LRANGE l 0 -1 → ["c"]
    RPOP l 5 → ["c"]
    RPOP l 5 → null
    RPOP l → null
    LPUSH l x → 1
    LTRIM l 0 -2 → {"simple":"OK"}
    EXISTS l → 0"
  `)
})

test('what is wrong is said as Redis says it', () => {
  expect(
    session([
      'SET a',
      'NOPE',
      'toString',
      'SET a 1',
      'LPUSH a 1',
      'EXPIRE a soon',
      'SET a 1 PX 0',
      'SET a 1 FOR 2',
      'LPUSH l 1',
      'GET l',
    ]),
  ).toMatchInlineSnapshot(`
    "SET a → Error: ERR wrong number of arguments for 'set' command
    NOPE → Error: ERR unknown command 'NOPE'
    toString → Error: ERR unknown command 'toString'
    SET a 1 → {"simple":"OK"}
    LPUSH a 1 → Error: WRONGTYPE Operation against a key holding the wrong kind of value
    EXPIRE a soon → Error: ERR value is not an integer or out of range
    SET a 1 PX 0 → Error: ERR invalid expire time in 'set' command
    SET a 1 FOR 2 → Error: ERR syntax error
    LPUSH l 1 → 1
    GET l → Error: WRONGTYPE Operation against a key holding the wrong kind of value"
  `)
})
