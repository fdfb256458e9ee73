/**
 * Names that editors give to what they write beside a file while they save it: vim's probe, swap and backup files, Emacs' locks and
 * autosaves, those of JetBrains, GNOME, Sublime Text and Kate. They are gone before anybody could use them.
 */
const patterns = [
  /^4913$/,
  /~$/,
  /^\..*\.sw[a-px]$/,
  /^\.#/,
  /^#.*#$/,
  /___jb_(tmp|old)___$/,
  /^\.goutputstream-/,
  /^\.subl.*\.tmp$/,
  /\.kate-swp$/,
]

export function isEditorsOwn(name: string): boolean {
  return patterns.some((pattern) => pattern.test(name))
}
