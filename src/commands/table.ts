import type { Command } from './command.ts'
import { commonFlags, noDeps, outputFlag, stackFlags, type Flag } from './flags.ts'
import { runCommands } from './run-commands.ts'

/** One verb of the command line; help and completion are printed from this table. */
export interface CommandEntry {
  readonly name: string
  readonly group: 'run' | 'look' | 'describe' | 'tool'
  readonly summary: string
  /** What follows the options, as help shows it: `[SERVICE…]`. */
  readonly operands?: string
  readonly completes?: 'service' | 'file'
  /** Everything after the first operand belongs to somebody else (`exec SERVICE COMMAND…`). */
  readonly passesThrough?: boolean
  readonly flags: readonly Flag[]
  /** Loads the code only when it is called, so that `--help` stays instant. */
  readonly load: () => Promise<Command>
}

const stack = [...stackFlags, ...commonFlags]

function withoutShort({ short: _short, ...flag }: Flag): Flag {
  return flag
}

export const commands: readonly CommandEntry[] = [
  ...runCommands,
  {
    name: 'status',
    group: 'look',
    summary: 'what runs, how it is, and what differs from the stack',
    operands: '[SERVICE…]',
    completes: 'service',
    flags: [
      {
        name: 'watch',
        short: 'w',
        type: 'boolean',
        summary: 'go on telling what changes, until interrupted',
      },
      outputFlag,
      ...stack,
    ],
    load: async () => (await import('./status.ts')).status,
  },
  {
    name: 'logs',
    group: 'look',
    summary: 'log lines of services',
    operands: '[SERVICE…]',
    completes: 'service',
    flags: [
      { name: 'follow', short: 'f', type: 'boolean', summary: 'go on until interrupted' },
      { name: 'since', type: 'string', value: 'AGE', summary: 'only lines younger than this (10m)' },
      { name: 'tail', short: 'n', type: 'string', value: 'N', summary: 'only the last N lines' },
      { name: 'previous', type: 'boolean', summary: 'of the instance before this one' },
      { name: 'init', type: 'boolean', summary: 'of init steps too' },
      { name: 'timestamps', short: 't', type: 'boolean', summary: 'with the time of each line' },
      outputFlag,
      // `-f` means follow here, as everywhere in the field.
      ...stack.map((flag) => (flag.name === 'file' ? withoutShort(flag) : flag)),
    ],
    load: async () => (await import('./logs.ts')).logs,
  },
  {
    name: 'exec',
    group: 'look',
    summary: 'run a command in a ready replica; its exit code is passed on',
    operands: 'SERVICE [--] COMMAND…',
    completes: 'service',
    passesThrough: true,
    flags: [
      { name: 'replica', type: 'string', value: 'N', summary: 'in this replica' },
      { name: 'workdir', short: 'w', type: 'string', value: 'PATH', summary: 'working directory' },
      {
        name: 'env',
        short: 'e',
        type: 'string',
        multiple: true,
        value: 'NAME=VALUE',
        summary: 'environment variable',
      },
      { name: 'no-tty', short: 'T', type: 'boolean', summary: 'without a terminal' },
      {
        name: 'debug',
        type: 'boolean',
        summary: 'in a container of its own beside the replica, for images without a shell (Kubernetes)',
      },
      {
        name: 'debug-image',
        type: 'string',
        value: 'REFERENCE',
        summary: 'what that container runs (default: busybox:stable)',
      },
      ...stack,
    ],
    load: async () => (await import('./exec.ts')).exec,
  },
  {
    name: 'port-forward',
    group: 'look',
    summary: 'ports of services on this machine until interrupted; ls: those that the session holds',
    operands: '[ls] [SERVICE[:PORT] [LOCAL]]…',
    completes: 'service',
    flags: [outputFlag, ...stack],
    load: async () => (await import('./port-forward.ts')).portForward,
  },
  {
    name: 'urls',
    group: 'look',
    summary: 'where the exposed ports answer',
    operands: '[SERVICE…]',
    completes: 'service',
    flags: [outputFlag, ...stack],
    load: async () => (await import('./urls.ts')).urls,
  },
  {
    name: 'history',
    group: 'look',
    summary: 'what was brought up when, by whom, from what',
    flags: [outputFlag, ...stack],
    load: async () => (await import('./history.ts')).history,
  },
  {
    name: 'plan',
    group: 'describe',
    summary: 'what up would do, and why',
    operands: '[SERVICE…]',
    completes: 'service',
    flags: [noDeps, outputFlag, ...stack],
    load: async () => (await import('./plan.ts')).planCommand,
  },
  {
    name: 'validate',
    group: 'describe',
    summary: 'check the stack for a profile, touching nothing',
    flags: [
      { name: 'quiet', short: 'q', type: 'boolean', summary: 'only the exit code and errors' },
      outputFlag,
      ...stack,
    ],
    load: async () => (await import('./validate.ts')).validate,
  },
  {
    name: 'render',
    group: 'describe',
    summary: 'the stack in the notation of its target',
    flags: [
      {
        name: 'directory',
        short: 'd',
        type: 'string',
        value: 'FOLDER',
        summary: 'write files there, from scratch',
        completes: 'folder',
      },
      outputFlag,
      ...stack,
    ],
    load: async () => (await import('./render.ts')).render,
  },
  {
    name: 'diff',
    group: 'describe',
    summary: 'how two revisions differ on the target, or two profiles in what they mean',
    operands: 'REVISION [REVISION] | PROFILE PROFILE',
    flags: [outputFlag, ...stack],
    load: async () => (await import('./diff.ts')).diff,
  },
  {
    name: 'explain',
    group: 'describe',
    summary: 'what an edit of a file would do, and why',
    operands: 'PATH…',
    completes: 'file',
    flags: [{ name: 'removed', type: 'boolean', summary: 'what its removal would do' }, outputFlag, ...stack],
    load: async () => (await import('./explain.ts')).explain,
  },
  {
    name: 'lint',
    group: 'describe',
    summary: 'what works and is nevertheless not good, in Dockerfiles, manifests and the stack',
    flags: [
      { name: 'strict', type: 'boolean', summary: 'fail on warnings too' },
      {
        ...outputFlag,
        choices: ['text', 'json', 'sarif'],
        summary: 'form of the result: text, json or sarif',
      },
      ...stack,
    ],
    load: async () => (await import('./lint.ts')).lintCommand,
  },
  {
    name: 'check',
    group: 'describe',
    summary: 'what targets would refuse or ignore, told offline; every profile when none is named',
    flags: [
      {
        name: 'live',
        type: 'boolean',
        summary: 'look at the cluster of the profile too, from inside as well',
      },
      {
        name: 'image',
        type: 'string',
        value: 'REFERENCE',
        summary: 'with --live: what the pod of the check runs (default: an image that the stack names)',
      },
      outputFlag,
      ...stack,
    ],
    load: async () => (await import('./check.ts')).check,
  },
  {
    name: 'cost',
    group: 'describe',
    summary: 'what the stack costs while it runs, by the prices of its profile',
    flags: [outputFlag, ...stack],
    load: async () => (await import('./cost.ts')).cost,
  },
  {
    name: 'vars',
    group: 'describe',
    summary: 'every variable with its value and where it came from',
    flags: [outputFlag, ...stack],
    load: async () => (await import('./vars.ts')).vars,
  },
  {
    name: 'init',
    group: 'tool',
    summary: 'write a first stack file for this folder',
    flags: [
      { name: 'force', type: 'boolean', summary: 'replace a stack file that is there' },
      ...commonFlags,
    ],
    load: async () => (await import('./init.ts')).init,
  },
  {
    name: 'doctor',
    group: 'tool',
    summary: 'whether this machine has what the profile needs, with the cure',
    flags: [outputFlag, ...stack],
    load: async () => (await import('./doctor.ts')).doctor,
  },
  {
    name: 'schema',
    group: 'tool',
    summary: 'JSON Schema of the stack file, of profiles, of events or of results',
    operands: '[stack|profile|events|results]',
    flags: commonFlags,
    load: async () => (await import('./schema.ts')).schema,
  },
  {
    name: 'completion',
    group: 'tool',
    summary: 'shell completion',
    operands: 'bash|zsh|fish',
    flags: commonFlags,
    load: async () => (await import('./completion.ts')).completion,
  },
  {
    name: 'version',
    group: 'tool',
    summary: 'version of iamstack',
    flags: [outputFlag, ...commonFlags],
    load: async () => (await import('./version.ts')).version,
  },
]
