import { cells } from '../../tui/text.ts'

/** As much of a terminal as our sequences need, to see what a person would. Anything else that it is sent is an error. */
export class Emulator {
  readonly modes = new Map<string, boolean>()
  #lines: (string | undefined)[][] = []
  #row = 0
  #column = 0
  #rest = ''
  readonly unknown: string[] = []

  feed(output: string): void {
    const all = this.#rest + output
    // eslint-disable-next-line no-control-regex -- a sequence may come in two pieces
    const whole = all.replace(/\u001B(\[[?\d;]*)?$/, '')
    this.#rest = all.slice(whole.length)
    // eslint-disable-next-line no-control-regex -- what a terminal obeys
    const pieces = whole.match(/\u001B\[[?]?[\d;]*[A-Za-z]|\p{Cc}|[^\p{Cc}]+/gsu) ?? []
    for (const piece of pieces) {
      if (piece.startsWith('\u001B[')) this.#obey(piece.slice(2))
      else if (piece === '\r') this.#column = 0
      else if (piece === '\n') this.#row += 1
      else if (/\p{Cc}/u.test(piece)) this.unknown.push(piece)
      else this.#write(piece)
    }
  }

  get text(): string {
    return this.#lines
      .map((line) =>
        Array.from(line, (cell) => cell ?? ' ')
          .join('')
          .trimEnd(),
      )
      .join('\n')
  }

  #obey(sequence: string): void {
    const final = sequence.at(-1)
    const body = sequence.slice(0, -1)
    if (final === 'h' || final === 'l') this.modes.set(body, final === 'h')
    else if (final === 'H') {
      const [row = 1, column = 1] = body.split(';').map((part) => Number(part || 1))
      this.#row = row - 1
      this.#column = column - 1
    } else if (final === 'A') this.#row = Math.max(0, this.#row - Number(body || 1))
    else if (final === 'J' && body === '2') this.#lines = []
    else if (final === 'J') this.#eraseBelow()
    else if (final !== 'm') this.unknown.push(sequence)
  }

  /** From the cursor to the end of the screen. */
  #eraseBelow(): void {
    this.#lines.length = Math.min(this.#lines.length, this.#row + 1)
    this.#lines[this.#row]?.splice(this.#column)
  }

  #write(text: string): void {
    const line = (this.#lines[this.#row] ??= [])
    for (let index = 0; index <= this.#row; index += 1) this.#lines[index] ??= []
    for (const { segment } of new Intl.Segmenter().segment(text)) {
      const width = cells(segment)
      if (width === 0) continue
      line[this.#column] = segment
      for (let more = 1; more < width; more += 1) line[this.#column + more] = ''
      this.#column += width
    }
  }
}
