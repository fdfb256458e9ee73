import stringWidth from 'string-width'

const plain = /^[\x20-\x7E]*$/

/** How many cells of a terminal a text takes. Text of plain characters, which is nearly all there is, is not cut into graphemes for it. */
export function widthOf(text: string): number {
  return plain.test(text) ? text.length : stringWidth(text)
}
