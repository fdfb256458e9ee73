import { widthOf } from '../stack/width.ts'

/** Rows as aligned columns; the last one is cut so that a row never breaks at `columns` (undefined: no limit). */
export function formatTable(rows: readonly (readonly string[])[], columns?: number): string {
  const widths: number[] = []
  for (const row of rows)
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, widthOf(cell))))
  return rows
    .map((row) => {
      const text = row
        .map((cell, index) =>
          index === row.length - 1 ? cell : cell + ' '.repeat((widths[index] ?? 0) - widthOf(cell)),
        )
        .join('  ')
      return columns === undefined ? text.trimEnd() : cut(text.trimEnd(), columns)
    })
    .join('\n')
}

/** The text up to a width in terminal cells, with an ellipsis where something is missing. Colour codes take no cells and are kept. */
export function cut(text: string, cells: number): string {
  if (widthOf(text) <= cells) return text
  let width = 0
  let result = ''
  // eslint-disable-next-line no-control-regex -- colour codes are what takes no cells
  for (const piece of text.match(/\u001B\[[\d;]*m|./gsu) ?? []) {
    width += piece.startsWith('\u001B[') ? 0 : widthOf(piece)
    if (width <= cells - 1) result += piece
    else if (piece.startsWith('\u001B[')) result += piece
  }
  return `${result}…`
}
