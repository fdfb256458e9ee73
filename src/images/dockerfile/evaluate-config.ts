import type { Diagnostic, Span } from '../../stack/diagnostics.ts'
import { errorAt } from '../../stack/diagnostics.ts'
import type { ExposedPort, ImageConfig, ImageHealthcheck } from './image-config.ts'
import { mergePorts, parsePorts } from './image-config.ts'
import type {
  ArgInstruction,
  CommandLine,
  CopyInstruction,
  EnvInstruction,
  HealthcheckInstruction,
  Instruction,
  KeyValue,
  RunInstruction,
  ValueInstruction,
  Word,
} from './instructions.ts'
import type { Expanded } from './scope.ts'

interface ConfigContext {
  readonly expand: (text: string, span: Span) => Expanded
  /** A CMD came earlier in this stage, so ENTRYPOINT keeps it. */
  readonly hasCommand: boolean
  readonly findings: Diagnostic[]
}

/** Those that the evaluation of a stage handles itself. */
type ElsewhereHandled = ArgInstruction | CopyInstruction | EnvInstruction | RunInstruction

/** What an instruction makes of the image's configuration. */
export function applyToConfig(
  config: ImageConfig,
  instruction: Exclude<Instruction, ElsewhereHandled>,
  context: ConfigContext,
): ImageConfig {
  const { expand } = context
  switch (instruction.kind) {
    case 'label':
      return { ...config, labels: new Map([...config.labels, ...instruction.pairs.map(labelOf(context))]) }
    case 'cmd':
      return { ...config, command: argumentsOf(config, instruction.command) }
    case 'entrypoint': {
      const entrypoint = argumentsOf(config, instruction.command)
      const bare = without(without(config, 'entrypoint'), 'command')
      return {
        ...bare,
        ...(entrypoint.length > 0 && { entrypoint }),
        ...(context.hasCommand && config.command && { command: config.command }),
      }
    }
    case 'shell':
      return { ...config, shell: instruction.shell }
    case 'healthcheck':
      return { ...config, healthcheck: healthcheckOf(instruction) }
    case 'expose':
      return { ...config, ports: mergePorts(config.ports, instruction.ports.flatMap(portsOf(context))) }
    case 'volume': {
      const volumes = instruction.paths.map((path) => expand(path.text, path.span).value)
      return { ...config, volumes: [...new Set([...config.volumes, ...volumes])] }
    }
    case 'user':
    case 'workdir':
    case 'stopsignal':
    case 'maintainer':
      return withValue(config, instruction, expand(instruction.value.text, instruction.value.span).value)
    case 'onbuild':
      return { ...config, onBuild: [...config.onBuild, instruction.trigger.text] }
    case 'from':
      return config
    default: {
      const never: never = instruction
      return never
    }
  }
}

/** The configuration as if the field had never been set. */
export function without(
  config: ImageConfig,
  key: 'command' | 'entrypoint' | 'workingDirectory',
): ImageConfig {
  const rest: { -readonly [Key in keyof ImageConfig]: ImageConfig[Key] } = { ...config }
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the three keys are optional fields of a copy
  delete rest[key]
  return rest
}

function withValue(config: ImageConfig, instruction: ValueInstruction, value: string): ImageConfig {
  switch (instruction.kind) {
    case 'user':
      return { ...config, user: value }
    case 'workdir':
      return { ...config, workingDirectory: value }
    case 'stopsignal':
      return { ...config, stopSignal: value }
    case 'maintainer':
      return config
    default: {
      const never: never = instruction.kind
      return never
    }
  }
}

function labelOf({ expand }: ConfigContext): (pair: KeyValue) => [string, string] {
  return ({ key, value, span }) => [expand(key, span).value, expand(value, span).value]
}

function argumentsOf(config: ImageConfig, command: CommandLine): readonly string[] {
  if (command.form === 'exec') return command.words
  if (command.words.length === 0) return []
  return [...(config.shell ?? ['/bin/sh', '-c']), command.words.join(' ')]
}

function healthcheckOf(instruction: HealthcheckInstruction): ImageHealthcheck | 'none' {
  if (!instruction.check) return 'none'
  const { command, ...options } = instruction.check
  return { test: [command.form === 'exec' ? 'CMD' : 'CMD-SHELL', ...command.words], ...options }
}

function portsOf({ expand, findings }: ConfigContext): (word: Word) => readonly ExposedPort[] {
  return (word) => {
    const expanded = expand(word.text, word.span)
    return expanded.words.flatMap((text) => {
      const ports = parsePorts(text)
      if (ports === undefined && expanded.isKnown) {
        const message = `"${text}" is not a port`
        findings.push(errorAt('dockerfile/expose', message, word.span, 'such as 8080, 53/udp or 7000-7010'))
      }
      return ports ?? []
    })
  }
}
