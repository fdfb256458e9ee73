// node page-server.mjs: answers with page.txt as it lies there at each request. Reads it every millisecond besides, and tells at /torn
// how often that was and how often the page was missing, empty or in part there.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setInterval } from 'node:timers'

const seen = { reads: 0, torn: 0 }

setInterval(() => {
  seen.reads += 1
  if (!isWhole(page())) seen.torn += 1
}, 1)

createServer((request, response) => {
  response.end(request.url === '/torn' ? JSON.stringify(seen) : page())
}).listen(8000)

function page() {
  try {
    return readFileSync('page.txt', 'utf8')
  } catch {
    return ''
  }
}

function isWhole(text) {
  const number = /^page-(\d+)-/.exec(text)?.[1]
  return number !== undefined && text.endsWith(`-end-${number}\n`)
}
