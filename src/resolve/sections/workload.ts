import { warningAt, type Span } from '../../stack/diagnostics.ts'
import { defaults } from '../../stack/language/defaults.ts'
import type * as language from '../../stack/language/workload.ts'
import type { Infer } from '../../stack/schema/types.ts'
import type { EnvValue, ImageSource, Init, Mount, Need, Process, Resources, Service } from '../resolved.ts'
import type { Text } from '../text.ts'
import { defaultDuration, defaultMode, pathsOf, type Reading } from './reading.ts'

/** What services, jobs, init steps and smoke runs have in common. */

export function imageSourceOf(reading: Reading, image: string | undefined): ImageSource | undefined {
  if (image === undefined) return undefined
  return reading.imageNames.has(image) ? { kind: 'built', image } : { kind: 'reference', reference: image }
}

export function textsOf(reading: Reading, list: readonly string[] | undefined): readonly Text[] | undefined {
  return list?.map((each) => reading.textOf(each))
}

export function environmentOf(
  reading: Reading,
  env: Infer<typeof language.environment> | undefined,
): Map<string, EnvValue> {
  return new Map(
    [...(env ?? [])].flatMap(([name, value]) => {
      const resolved = environmentValue(reading, value, reading.at(value))
      return resolved ? [[name, resolved] as const] : []
    }),
  )
}

/** Undefined only where decoding has reported that no member is there. */
function environmentValue(
  reading: Reading,
  written: Infer<typeof language.environmentValue>,
  from: Span,
): EnvValue | undefined {
  const { value, secret, config, key, field } = written
  if (value !== undefined) return { kind: 'text', text: reading.textOf(value), from }
  if (secret !== undefined && key !== undefined) return { kind: 'secret', secret, key, from }
  if (config !== undefined && key !== undefined) return { kind: 'config', config, key, from }
  return field === undefined ? undefined : { kind: 'field', field, from }
}

export function environmentFromOf(
  reading: Reading,
  list: Infer<typeof language.environmentFrom> | undefined,
): Service['envFrom'] {
  return (list ?? []).flatMap((each): Service['envFrom'] => {
    const { config, secret, prefix = '' } = each
    const name = config ?? secret
    if (name === undefined) return []
    return [{ kind: config === undefined ? 'secret' : 'config', name, prefix, from: reading.at(each) }]
  })
}

export function mountsOf(reading: Reading, mounts: Infer<typeof language.mounts> | undefined): Mount[] {
  if (!mounts) return []
  return [...mounts].flatMap(([path, written]) => {
    const kind = mountKind(reading, written)
    if (!kind) return []
    return [
      {
        path: withoutTrailingSlash(path),
        isReadOnly: isReadOnly(reading, written),
        from: reading.keyAt(mounts, path),
        ...kind,
      },
    ]
  })
}

type MountFile = Infer<typeof language.mount>
type MountKind = Mount extends infer M
  ? M extends Mount
    ? Omit<M, 'path' | 'isReadOnly' | 'from'>
    : never
  : never

function mountKind(reading: Reading, written: MountFile): MountKind | undefined {
  const { volume, scratch, bind, config, secret, cert, key, keys, mode } = written
  if (volume !== undefined) return { kind: 'volume', volume, subPath: written.subPath }
  if (scratch !== undefined) return { kind: 'scratch', scratch }
  if (bind !== undefined) return { kind: 'bind', source: reading.pathOf(written, 'bind', bind) }
  if (config !== undefined)
    return { kind: 'config', config, key, keys, mode: mode ?? defaultMode(defaults.mode.config) }
  if (secret !== undefined)
    return { kind: 'secret', secret, key, keys, mode: mode ?? defaultMode(defaults.mode.secret) }
  if (cert !== undefined) return { kind: 'cert', cert, mode: mode ?? defaultMode(defaults.mode.cert) }
  return undefined
}

/** What we fill is read-only on every target, because it is on Kubernetes. */
function isReadOnly(reading: Reading, written: MountFile): boolean {
  const isFilled = written.config !== undefined || written.secret !== undefined || written.cert !== undefined
  if (isFilled && written.readOnly === false) {
    const message = 'configs, secrets and certificates are mounted read-only on every target'
    reading.report(
      warningAt(
        'mount/read-only',
        message,
        reading.at(written, 'readOnly'),
        'copy the file in an init step if it must be changed',
      ),
    )
  }
  return isFilled || written.readOnly === true
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path
}

/** Which of the names are jobs decides the default of `is`. */
export function needsOf(
  reading: Reading,
  needs: Infer<typeof language.needs> | undefined,
  jobs: ReadonlySet<string>,
): Need[] {
  if (!needs) return []
  return [...needs].map(([name, { is, cascade = false }]) => {
    const kind = jobs.has(name) ? 'job' : 'service'
    return {
      on: { kind, name },
      is: is ?? (kind === 'job' ? 'completed' : 'healthy'),
      cascade,
      from: reading.keyAt(needs, name),
    } satisfies Need
  })
}

export function resourcesOf(resources: Infer<typeof language.resources> | undefined): Resources {
  const { cpu, memory, limits } = resources ?? {}
  return { cpu, memory, limits: { cpu: limits?.cpu, memory: limits?.memory } }
}

/** `folder` is where it runs if it does not say: the context of its image, else the stack's folder. */
export function processOf(
  reading: Reading,
  written: Infer<typeof language.process> | undefined,
  folder: string,
): Process | undefined {
  if (!written) return undefined
  const { run, cwd, inputs, env } = written
  return {
    run: typeof run === 'string' ? reading.textOf(run) : run.map((each) => reading.textOf(each)),
    cwd: cwd === undefined ? folder : reading.pathOf(written, 'cwd', cwd),
    inputs: inputs && pathsOf(reading, inputs),
    env: environmentOf(reading, env),
    from: reading.at(written),
  }
}

export function initOf(
  reading: Reading,
  steps: readonly Infer<typeof language.initStep>[] | undefined,
  owner: ImageSource | undefined,
  folder: string,
): Init[] {
  return (steps ?? []).map((step) => {
    const from = reading.at(step)
    return {
      name: step.name,
      image: imageSourceOf(reading, step.image) ?? owner,
      entrypoint: textsOf(reading, step.entrypoint),
      command: textsOf(reading, step.command),
      env: environmentOf(reading, step.env),
      process: processOf(reading, step.process, folder),
      timeout: step.timeout ?? defaultDuration(defaults.init.timeout),
      from,
    }
  })
}
