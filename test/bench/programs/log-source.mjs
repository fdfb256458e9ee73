// node log-source.mjs LINES: at each request prints as many lines in each second for three seconds, with a number and the time in
// epoch milliseconds, and answers how many there were.
import { createServer } from 'node:http'
import { performance } from 'node:perf_hooks'
import { clearInterval, setInterval } from 'node:timers'

const perTick = Number(process.argv[2]) / 100
const ticks = 300

createServer((_request, response) => {
  let tick = 0
  const timer = setInterval(() => {
    const at = performance.timeOrigin + performance.now()
    const numbers = Array.from({ length: perTick }, (_, index) => tick * perTick + index)
    process.stdout.write(numbers.map((number) => `line ${number} ${at.toFixed(2)}\n`).join(''))
    tick += 1
    if (tick < ticks) return
    clearInterval(timer)
    response.end(String(ticks * perTick))
  }, 10)
}).listen(8000)
