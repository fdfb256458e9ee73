/** Columns as wide as their widest cell, headed by their names in capitals. */
export function showTable(
  columns: readonly string[],
  items: readonly Readonly<Record<string, unknown>>[],
): string {
  const cells = items.map((item) => columns.map((column) => cellOf(item[column])))
  const rows = [columns.map((column) => column.toUpperCase()), ...cells]
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)))
  const lines = rows.map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  '))
  return lines.map((line) => `${line.trimEnd()}\n`).join('')
}

function cellOf(value: unknown): string {
  return value === undefined || value === '' ? '-' : typeof value === 'string' ? value : JSON.stringify(value)
}
