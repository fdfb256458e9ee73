/**
 * `*` stands for any number of characters, `?` for one; everything else for itself. Not a regular expression: globs come from
 * users, and this needs at most `glob.length × text.length` steps, whatever they write.
 */
export function matchesGlob(glob: string, text: string): boolean {
  let at = 0
  let index = 0
  let lastStar = -1
  let resumeAt = 0
  while (index < text.length) {
    if (glob[at] === '*') {
      lastStar = at
      at += 1
      resumeAt = index
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === text[index])) {
      at += 1
      index += 1
    } else if (lastStar !== -1) {
      // The last star takes one character more, and what follows it is tried again from there.
      at = lastStar + 1
      resumeAt += 1
      index = resumeAt
    } else return false
  }
  while (glob[at] === '*') at += 1
  return at === glob.length
}
