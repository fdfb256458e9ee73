import { commonFlags, noDeps, outputFlag, progressFlags, stackFlags, type Flag } from './flags.ts'
import type { CommandEntry } from './table.ts'

const work = [...stackFlags, ...progressFlags, ...commonFlags]
const onExit: Flag = {
  name: 'on-exit',
  type: 'string',
  value: 'WHAT',
  choices: ['keep', 'stop', 'down'],
  summary: 'what becomes of the stack at the end: keep, stop, down',
}

/** Verbs that change something. */
export const runCommands: readonly CommandEntry[] = [
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
      {
        name: 'rollback-on-failure',
        type: 'boolean',
        summary: 'when services do not become ready or smoke tests fail, bring the last good revision back',
      },
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
    name: 'push',
    group: 'run',
    summary: 'build images and push them to the registry of the profile',
    operands: '[IMAGE…]',
    flags: [outputFlag, { name: 'no-cache', type: 'boolean', summary: 'build every step anew' }, ...work],
    load: async () => (await import('./push.ts')).push,
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
]
