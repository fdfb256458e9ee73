import { commonFlags, outputFlag, progressFlags, stackFlags, type Flag } from './flags.ts'
import type { Command } from './command.ts'

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
const work = [...stackFlags, ...progressFlags, ...commonFlags]
const noDeps: Flag = { name: 'no-deps', type: 'boolean', summary: 'leave what the named services need alone' }
const onExit: Flag = {
  name: 'on-exit',
  type: 'string',
  value: 'WHAT',
  choices: ['keep', 'stop', 'down'],
  summary: 'what becomes of the stack at the end: keep, stop, down',
}

function withoutShort({ short: _short, ...flag }: Flag): Flag {
  return flag
}

export const commands: readonly CommandEntry[] = [
  {
    name: 'dev',
    group: 'run',
    summary: 'bring the stack up and follow every edit',
    operands: '[SERVICE…]',
    completes: 'service',
    flags: [
      onExit,
      noDeps,
      { name: 'no-smoke', type: 'boolean', summary: 'do not run the smoke tests' },
      ...work,
    ],
    load: async () => (await import('./dev.ts')).dev,
  },
  {
    name: 'up',
    group: 'run',
    summary: 'make the target what the stack says',
    operands: '[SERVICE…]',
    completes: 'service',
    flags: [
      noDeps,
      { name: 'dry-run', type: 'boolean', summary: 'show the plan and stop' },
      { name: 'no-wait', type: 'boolean', summary: 'do not wait until services are ready' },
      { name: 'no-smoke', type: 'boolean', summary: 'do not run the smoke tests' },
      { name: 'no-build', type: 'boolean', summary: 'fail instead of building an image' },
      {
        name: 'no-forward',
        type: 'boolean',
        summary: 'leave ports in the cluster that do not come to this machine by themselves',
      },
      {
        name: 'image',
        type: 'string',
        multiple: true,
        value: 'SERVICE=REFERENCE',
        summary: 'run exactly this image',
      },
      ...work,
    ],
    load: async () => (await import('./up.ts')).up,
  },
  {
    name: 'down',
    group: 'run',
    summary: 'end the stack; volumes, secrets and images stay unless told',
    operands: '[SERVICE…]',
    completes: 'service',
    flags: [
      {
        name: 'volumes',
        type: 'boolean',
        withValue: 'volume',
        summary: 'delete the data of the volumes too; --volumes=NAME: of this one, even with keep: true',
      },
      {
        name: 'volume',
        type: 'string',
        multiple: true,
        value: 'NAME',
        summary: 'delete this volume, even one with keep: true',
      },
      { name: 'images', type: 'boolean', summary: 'delete image tags of ours too' },
      {
        name: 'cluster',
        type: 'boolean',
        summary: 'delete the cluster that iamstack made, with all that is in it',
      },
      { name: 'all', type: 'boolean', summary: 'leave nothing behind' },
      { name: 'dry-run', type: 'boolean', summary: 'show the plan and stop' },
      ...work,
    ],
    load: async () => (await import('./down.ts')).down,
  },
  {
    name: 'smoke',
    group: 'run',
    summary: 'run the smoke tests',
    operands: '[TEST…]',
    flags: [outputFlag, ...work],
    load: async () => (await import('./smoke.ts')).smoke,
  },
  {
    name: 'build',
    group: 'run',
    summary: 'build images whose inputs changed',
    operands: '[IMAGE…]',
    flags: [{ name: 'no-cache', type: 'boolean', summary: 'build every step anew' }, ...work],
    load: async () => (await import('./build.ts')).build,
  },
  {
    name: 'scale',
    group: 'run',
    summary: 'change the number of replicas until the next up',
    operands: 'SERVICE=N…',
    completes: 'service',
    flags: work,
    load: async () => (await import('./scale.ts')).scale,
  },
  {
    name: 'restart',
    group: 'run',
    summary: 'restart services',
    operands: 'SERVICE…',
    completes: 'service',
    flags: work,
    load: async () => (await import('./restart.ts')).restart,
  },
  {
    name: 'rollback',
    group: 'run',
    summary: 'bring a revision back, by default the one before the last',
    operands: '[REVISION]',
    flags: [
      { name: 'dry-run', type: 'boolean', summary: 'show the plan and stop' },
      { name: 'no-wait', type: 'boolean', summary: 'do not wait until services are ready' },
      { name: 'no-smoke', type: 'boolean', summary: 'do not run the smoke tests' },
      ...work,
    ],
    load: async () => (await import('./rollback.ts')).rollback,
  },
  {
    name: 'status',
    group: 'look',
    summary: 'what runs, how it is, and what differs from the stack',
    operands: '[SERVICE…]',
    completes: 'service',
    flags: [outputFlag, ...stack],
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
    flags: [outputFlag, ...stack],
    load: async () => (await import('./check.ts')).check,
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
