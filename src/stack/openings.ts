/**
 * The parser notices an unclosed quote or bracket where the text ends or the indentation breaks; the reader wants to see where
 * it was opened. Answers the offset of the opening, or of the error itself where it is of another kind.
 */
export function openingOf(message: string, text: string, offset: number): number {
  if (message.startsWith('Missing closing'))
    return openingQuote(message.includes('"') ? '"' : "'", text, offset)
  if (message.startsWith('Flow ')) return openingBracket(text, offset)
  return offset
}

function openingQuote(quote: string, text: string, offset: number): number {
  const opening = new RegExp(`(?:[:,[{-]\\s+|[[{]|^\\s*)${quote}`, 'gm')
  let found = offset
  for (const match of text.slice(0, offset).matchAll(opening)) found = match.index + match[0].length - 1
  return found
}

function openingBracket(text: string, offset: number): number {
  let closed = 0
  for (let index = offset - 1; index >= 0; index--) {
    const character = text[index]
    if (character === ']' || character === '}') closed++
    else if (character === '[' || character === '{') {
      if (closed === 0) return index
      closed--
    }
  }
  return offset
}
