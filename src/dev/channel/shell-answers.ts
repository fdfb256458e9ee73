/** What the shell inside said to one operation. */
export interface ShellAnswer {
  readonly sequence: number
  /** `+` done, `-` refused, `!` refused in the middle of the content: the rest of it is still on its way. */
  readonly words: readonly string[]
  /** What programs said before it. */
  readonly text: string
}

/** Of endless complaints the last ones are kept. */
const longestText = 64 * 1024

/** Gives back the answers that are whole with this piece of output; `token` begins each of them. */
export function shellAnswerReader(token: string): {
  readonly read: (data: Buffer) => ShellAnswer[]
  /** What came since the last answer. */
  readonly rest: () => string
} {
  // One character a byte, because what programs say of odd names need not be UTF-8.
  let pending = ''
  const pattern = new RegExp(`\\n${token} (\\d+) (.*)\\n`)
  return {
    read: (data) => {
      pending += data.toString('latin1')
      const answers: ShellAnswer[] = []
      for (;;) {
        const found = pattern.exec(pending)
        if (!found) break
        const [whole, sequence = '', words = ''] = found
        answers.push({
          sequence: Number(sequence),
          words: words.split(' '),
          text: asText(pending.slice(0, found.index)),
        })
        pending = pending.slice(found.index + whole.length)
      }
      if (pending.length > 2 * longestText) pending = pending.slice(-longestText)
      return answers
    },
    rest: () => asText(pending),
  }
}

function asText(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString().trim()
}
