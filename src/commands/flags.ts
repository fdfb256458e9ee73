/** One option of the command line. Every option can also be given as an environment variable, `IAMSTACK_` + its name. */
export interface Flag {
  readonly name: string
  readonly short?: string
  readonly type: 'boolean' | 'string'
  /** May be given several times; values are kept in order. A comma separates values only where `list` says so. */
  readonly multiple?: boolean
  /** The word for its value in help: `--profile NAME`. */
  readonly value?: string
  readonly choices?: readonly string[]
  /** Written with a value (`--volumes=data`) it means this flag. */
  readonly withValue?: string
  readonly summary: string
  /** What completes it in a shell. */
  readonly completes?: 'profile' | 'service' | 'file' | 'folder'
}

/** Options of every command that reads a stack. */
export const stackFlags: readonly Flag[] = [
  {
    name: 'file',
    short: 'f',
    type: 'string',
    value: 'PATH',
    summary: 'stack file (default: iamstack.yaml, here or in a folder above)',
    completes: 'file',
  },
  {
    name: 'profile',
    short: 'p',
    type: 'string',
    multiple: true,
    value: 'NAME',
    summary: 'profile or target; several are layered, -NAME drops one',
    completes: 'profile',
  },
  {
    name: 'instance',
    type: 'string',
    value: 'NAME',
    summary: 'a copy of its own: namespace, ports and hosts',
  },
  { name: 'var', type: 'string', multiple: true, value: 'NAME=VALUE', summary: 'set a variable' },
  {
    name: 'env-file',
    type: 'string',
    value: 'PATH',
    summary: 'variables from a file (default: .env beside the stack file)',
    completes: 'file',
  },
  {
    name: 'set',
    type: 'string',
    multiple: true,
    value: 'PATH=VALUE',
    summary: 'set any value of the stack, last (a.b[0].c=1,d=2)',
  },
]

/** Options of every command that takes a while. */
export const progressFlags: readonly Flag[] = [
  {
    name: 'progress',
    type: 'string',
    value: 'HOW',
    choices: ['auto', 'tty', 'plain', 'json', 'quiet'],
    summary: 'how to tell what happens: auto, tty, plain, json, quiet',
  },
  {
    name: 'report-dir',
    type: 'string',
    value: 'FOLDER',
    summary: 'write events, logs, rendered files and JUnit there',
    completes: 'folder',
  },
  { name: 'ci', type: 'boolean', summary: 'no questions, no colours, plain lines' },
  { name: 'yes', short: 'y', type: 'boolean', summary: 'agree to steps that destroy data' },
  {
    name: 'timeout',
    type: 'string',
    value: 'DURATION',
    summary: 'end the command after this long (90s, 10m); exit code 6',
  },
]

/** Options of every command. */
export const commonFlags: readonly Flag[] = [
  {
    name: 'ansi',
    type: 'string',
    value: 'WHEN',
    choices: ['auto', 'always', 'never'],
    summary: 'colours: auto, always, never (NO_COLOR is respected)',
  },
  { name: 'help', short: 'h', type: 'boolean', summary: 'show this help' },
]

export const outputFlag: Flag = {
  name: 'output',
  short: 'o',
  type: 'string',
  value: 'FORM',
  choices: ['text', 'json'],
  summary: 'form of the result: text or json',
}

export const noDeps: Flag = {
  name: 'no-deps',
  type: 'boolean',
  summary: 'leave what the named services need alone',
}
