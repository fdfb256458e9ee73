/**
 * Whether the terminal shows more than ASCII: as the locale says (POSIX: `LC_ALL` before `LC_CTYPE` before `LANG`). Where there is
 * none, as in many containers, terminals do; the console of the Linux kernel does not.
 */
export function speaksUnicode(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((each) => (each ?? '') !== '')
  if (locale === undefined || platform === 'win32') return env['TERM'] !== 'linux'
  return /utf-?8/i.test(locale)
}
