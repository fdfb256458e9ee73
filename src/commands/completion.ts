import { UsageError } from './arguments.ts'
import { exitCodes, type Command } from './command.ts'

/**
 * Prints a script that asks `iamstack __complete` for candidates, so that commands, options, profiles and services are always
 * those of this version and this folder.
 */
export const completion: Command = (given, around) => {
  const shell = given.operands[0] ?? ''
  const script = scripts[shell]
  if (script === undefined)
    throw new UsageError(
      `completion: expected one of ${Object.keys(scripts).join(', ')}${shell === '' ? '' : `, got ${shell}`}`,
    )
  around.stdout.write(script)
  return Promise.resolve(exitCodes.ok)
}

const scripts: Readonly<Record<string, string>> = {
  // Without mapfile: the bash of macOS is 3.2.
  bash: `# iamstack completion for bash: eval "$(iamstack completion bash)"
_iamstack() {
  local IFS=$'\\n' current="\${COMP_WORDS[COMP_CWORD]}"
  [[ $current == = ]] && current=
  COMPREPLY=($(compgen -W "$(iamstack __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "$current"))
}
complete -o default -F _iamstack iamstack
`,
  zsh: `#compdef iamstack
# iamstack completion for zsh: source <(iamstack completion zsh)
_iamstack() {
  local -a candidates
  candidates=("\${(@f)$(iamstack __complete -- "\${(@)words[2,$CURRENT]}" 2>/dev/null)}")
  compadd -- $candidates || _files
}
compdef _iamstack iamstack
`,
  fish: `# iamstack completion for fish: iamstack completion fish | source
complete -c iamstack -f -a '(iamstack __complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
}
