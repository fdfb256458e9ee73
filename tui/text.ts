import stringWidth from 'string-width'

/** How many terminal cells a text takes: wide characters two, combining ones none. */
export function cells(text: string): number {
  if (isSimple(text)) return text.length
  if (text.length > longestKept) return measured(text)
  const known = widths.get(text)
  if (known !== undefined) return known
  const width = measured(text)
  // Our own signs and labels come again and again; text of logs must not make this grow.
  if (widths.size >= widthsKept) widths.clear()
  widths.set(text, width)
  return width
}

/** Pictographs that are text unless said otherwise (✔ and not ✅) take one cell in terminals; string-width counts them as emoji. */
function measured(text: string): number {
  return stringWidth(text.replace(textPictographs, 'x'))
}

const textPictographs =
  /(?<!\u200D)(?!\p{Emoji_Presentation}|[\u3030\u303D\u3297\u3299\u{1F202}\u{1F237}])\p{Emoji}(?!\uFE0F|\u200D|\u20E3|\p{Emoji_Modifier})/gu

const widths = new Map<string, number>()
const widthsKept = 4096
const longestKept = 48

/** The text cut to at most `width` cells, with an ellipsis where something is missing; no character is halved. */
export function cut(text: string, width: number): string {
  if (width <= 0) return ''
  if (isSimple(text)) return text.length <= width ? text : `${text.slice(0, width - 1)}…`
  // A character takes two code units at least where it takes two cells, so this much of a long text is enough to judge.
  const head = text.length > width * 16 ? text.slice(0, width * 16) : text
  if (head.length === text.length && cells(text) <= width) return text
  return `${take(head, width - 1)}…`
}

/** The text in exactly `width` cells: cut, or filled with blanks. */
export function fit(text: string, width: number): string {
  const short = cut(text, width)
  return short + ' '.repeat(Math.max(0, width - cells(short)))
}

/** The text in lines of at most `width` cells. */
export function wrap(text: string, width: number): string[] {
  if (width <= 1) return [cut(text, width)]
  const lines: string[] = []
  let rest = text
  while (rest !== '' && cells(rest) > width) {
    const line = isSimple(rest) ? rest.slice(0, width) : take(rest, width)
    lines.push(line)
    rest = rest.slice(Math.max(1, line.length))
  }
  return rest !== '' || lines.length === 0 ? [...lines, rest] : lines
}

/**
 * Foreign text (logs, messages of engines) as it may be shown: colours go, for ours mean something else; every other control
 * sequence is seen as what it is, and none is obeyed. So are the characters that turn the direction of a whole line around. What
 * nobody can see, and terminals give one cell or none, is left out.
 */
export function harmless(text: string): string {
  if (isAscii(text)) return text
  return withoutTabs(wellFormed(text).replace(colours, '').replace(controls, pictureOf).replace(fillers, ''))
}

function withoutTabs(text: string): string {
  if (!text.includes('\t')) return text
  return text
    .split('\t')
    .reduce((before, part) => before + ' '.repeat(tabWidth - (cells(before) % tabWidth)) + part)
}

const tabWidth = 8

/** Unicode's Default_Ignorable_Code_Point, but for what joins and chooses between forms of visible characters. */
const fillers = /(?!\u200C|\u200D|\uFE0E|\uFE0F)\p{Default_Ignorable_Code_Point}/gu

/** Half a surrogate pair is no character. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD')
}

/** `␛` for escape, `␀` for nul; what has no picture is a dot. */
function pictureOf(character: string): string {
  const code = character.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(0x24_00 + code)
  return code === 0x7f ? '␡' : '·'
}

/** Without its last character, as a person counts them. */
export function withoutLast(text: string): string {
  let last = 0
  for (const { index } of segmenter.segment(text)) last = index
  return text.slice(0, last)
}

function take(text: string, width: number): string {
  let used = 0
  let end = 0
  for (const { segment, index } of segmenter.segment(text)) {
    used += cells(segment)
    if (used > width) break
    end = index + segment.length
  }
  return text.slice(0, end)
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/**
 * Letters of the west, Greek, Cyrillic, dashes and dots, arrows and lines, beside ASCII: one code unit, one cell, nothing to join. Most lines are
 * that, and counting others takes fifty times as long.
 */
export function isSimple(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    const isOne =
      (code >= 0x20 && code <= 0x7e) ||
      (code >= 0xa1 && code <= 0x2ff && code !== 0xad) ||
      (code >= 0x370 && code <= 0x482) ||
      (code >= 0x48a && code <= 0x52f) ||
      (code >= 0x20_10 && code <= 0x20_27) ||
      (code >= 0x21_90 && code <= 0x21_ff) ||
      (code >= 0x25_00 && code <= 0x25_7f)
    if (!isOne) return false
  }
  return true
}

/** Printable ASCII: one cell each, nothing to look up. */
export function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code < 0x20 || code > 0x7e) return false
  }
  return true
}

/* eslint-disable no-control-regex -- these are the very characters that must not reach a terminal */
const colours = /\u001B\[[\d;:]*m/g
const controls =
  /[\u0000-\u0008\u000A-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF\uFFF9-\uFFFB]/g
/* eslint-enable no-control-regex */
