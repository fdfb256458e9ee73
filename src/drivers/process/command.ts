/** Words that begin a construct or name something only a shell has; `exec` in front of them is an error or ends the line early. */
const shellWords = new Set(
  'if for while until case function select time coproc { ( ! [[ . : alias bg break cd command continue eval exec exit export false fg getopts hash jobs kill let local printf pwd read readonly return set shift source test times trap true type typeset ulimit umask unalias unset wait'.split(
    ' ',
  ),
)

/**
 * The argv of a shell line. A simple command is run by `exec`, so that the program takes the shell's place: signals reach it, and
 * its exit code is ours. A line with more than one command needs the shell to stay.
 */
export function shellCommand(line: string, platform: NodeJS.Platform = process.platform): string[] {
  if (platform === 'win32') return ['cmd.exe', '/d', '/s', '/c', line]
  return ['/bin/sh', '-c', isSimple(line) ? `exec ${line.trimStart()}` : line]
}

function isSimple(line: string): boolean {
  const first = line.trim().split(/\s+/, 1)[0] ?? ''
  const isAssignment = /^[A-Za-z_][A-Za-z0-9_]*=/.test(first)
  return first !== '' && !isAssignment && !shellWords.has(first) && !/[;&|\n`(){}<]|#/.test(line)
}
