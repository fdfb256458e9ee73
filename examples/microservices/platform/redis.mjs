// node redis.mjs: the few commands of Redis that the example uses, for machines without containers. Nothing is kept on disk.
import { createServer } from 'node:net'

const kept = new Map()

function valueOf(key) {
  const found = kept.get(key)
  return found && found.until > Date.now() ? found.value : undefined
}

const commands = {
  PING: () => '+PONG\r\n',
  GET: (key) => bulk(valueOf(key)),
  SET(key, value, unit, seconds) {
    kept.set(key, { value, until: unit === 'EX' ? Date.now() + Number(seconds) * 1000 : Infinity })
    return '+OK\r\n'
  },
  DEL: (...keys) => `:${keys.filter((key) => kept.delete(key)).length}\r\n`,
}

function bulk(value) {
  return value === undefined ? '$-1\r\n' : `$${Buffer.byteLength(value)}\r\n${value}\r\n`
}

/** Words of the first command in these bytes, and how long it is; undefined where it is not complete. */
function parse(bytes) {
  const lines = []
  let start = 0
  const line = () => {
    const end = bytes.indexOf('\r\n', start)
    if (end === -1) return undefined
    const text = bytes.toString('utf8', start, end)
    start = end + 2
    return text
  }
  const head = line()
  if (head === undefined) return undefined
  for (let left = Number(head.slice(1)); left > 0; left -= 1) {
    const size = line()
    const end = start + Number(size?.slice(1))
    if (size === undefined || bytes.length < end + 2) return undefined
    lines.push(bytes.toString('utf8', start, end))
    start = end + 2
  }
  return { words: lines, length: start }
}

const server = createServer((socket) => {
  let rest = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (let found = parse(rest); found; found = parse(rest)) {
      rest = rest.subarray(found.length)
      const [name = '', ...words] = found.words
      const run = commands[name.toUpperCase()]
      socket.write(run ? run(...words) : `-ERR unknown command '${name}'\r\n`)
    }
  })
})
server.listen(Number(process.env.PORT), () => console.log(`listening on port ${process.env.PORT}`))
process.on('SIGTERM', () => process.exit(0))
