/** Colours of a terminal, or none. */
export interface Style {
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly red: (text: string) => string
  readonly magenta: (text: string) => string
  readonly dim: (text: string) => string
  readonly bold: (text: string) => string
}

const same = (text: string): string => text
export const plainStyle: Style = {
  green: same,
  yellow: same,
  red: same,
  magenta: same,
  dim: same,
  bold: same,
}

const paint =
  (on: number, off: number) =>
  (text: string): string =>
    `\u001B[${on}m${text}\u001B[${off}m`
export const colourStyle: Style = {
  green: paint(32, 39),
  yellow: paint(33, 39),
  red: paint(31, 39),
  magenta: paint(35, 39),
  dim: paint(2, 22),
  bold: paint(1, 22),
}

/** `--ansi` first, then NO_COLOR (https://no-color.org), then whether it is a terminal that can. */
export function styleFor(
  choice: string | undefined,
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Style {
  if (choice === 'always') return colourStyle
  if (choice === 'never' || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return plainStyle
  return stream.isTTY ? colourStyle : plainStyle
}
