import { Writable } from 'node:stream'

/** Of a command's output no more than this is kept, in characters: its end. */
const most = 64 * 1024

/** A stream that keeps the end of what is written to it as text. */
export function textSink(): { readonly stream: Writable; text(): string } {
  let text = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text = (text + chunk.toString()).slice(-most)
      done()
    },
  })
  return { stream, text: () => text }
}
