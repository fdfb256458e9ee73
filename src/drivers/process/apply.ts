import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import type { Resource } from '../../plan/resource.ts'
import { StepError } from '../../plan/step-error.ts'
import type { TargetStep } from '../../plan/step.ts'
import { volumeFolder } from '../../session/layout.ts'
import type { ApplyMode, RouteSpec, ServiceSpec } from '../../session/protocol.ts'
import type { Run } from '../driver.ts'
import { asRecorded } from './desired.ts'
import { forgetJob, runJob } from './jobs.ts'
import type { ProcessDriverOptions, ProcessSpec } from './options.ts'
import { gatewayPort } from './ports.ts'
import { portsHeldByService, portsOf, refuseTakenPorts } from './port-conflicts.ts'
import { untilStarted } from './ready.ts'
import { recordedService } from './recorded.ts'
import { prepareService } from './service-spec.ts'
import type { SessionLink } from './session-link.ts'

export interface ApplyContext {
  readonly options: ProcessDriverOptions
  readonly link: SessionLink
}

export async function applyStep(step: TargetStep, run: Run, context: ApplyContext): Promise<void> {
  switch (step.op) {
    case 'create':
    case 'replace':
    case 'restart':
    case 'run':
      return make(step.wanted as Resource<ProcessSpec>, { kind: 'replace' }, run, context)
    case 'update':
    case 'scale':
      return make(step.wanted as Resource<ProcessSpec>, { kind: 'keep' }, run, context)
    case 'reload':
      return make(
        step.wanted as Resource<ProcessSpec>,
        reloadOf(step.wanted as Resource<ProcessSpec>),
        run,
        context,
      )
    case 'stop':
      await context.link.ask({ type: 'stop', service: nameOf(step) })
      return
    case 'delete':
      return remove(step, context)
    case 'wait':
      return
    case 'build':
    case 'deliver':
      throw new StepError('internal', `${step.id}: the process target has no images`)
    default:
      return step satisfies never
  }
}

async function make(
  wanted: Resource<ProcessSpec>,
  how: ApplyMode,
  run: Run,
  context: ApplyContext,
): Promise<void> {
  const { spec } = wanted
  switch (spec.kind) {
    case 'volume':
      return makeVolume(spec.volume, context)
    case 'job':
      return runJob(wanted, spec, run, context)
    case 'gateway':
      return makeGateway(wanted, spec, context)
    case 'service':
      return makeService(wanted, spec, how, run, context)
    default:
      return spec satisfies never
  }
}

async function makeService(
  wanted: Resource<ProcessSpec>,
  resource: Extract<ProcessSpec, { kind: 'service' }>,
  how: ApplyMode,
  run: Run,
  { options, link }: ApplyContext,
): Promise<void> {
  const { name, from } = resource.service
  // First the session: a new one clears away what an interrupted run left, and must not take our files for that.
  await link.open()
  const { spec, environments } = await prepareService(
    resource,
    wanted.parts,
    wanted.replicas ?? resource.service.replicas,
    options,
  )
  const before = await recordedService(options.memory.folder, name)
  const own = await portsHeldByService(options.memory.folder, name)
  const others = portsOf(spec).filter((port) => !own.has(port))
  await refuseTakenPorts(others, wanted.id, options.memory.folder, from)
  run.signal.throwIfAborted()
  const mode =
    how.kind !== 'replace' && before && movesReplicas(before.spec, spec) ? { kind: 'replace' as const } : how
  await link.ask({ type: 'apply', service: spec, environments, how: before ? mode : { kind: 'replace' } })
  await untilStarted(wanted, run, { options, link })
}

/** Whether replicas that stay would have to listen elsewhere: a single one that gets company, for example. */
function movesReplicas(before: ServiceSpec, after: ServiceSpec): boolean {
  return after.slots.some((slot) => {
    const old = before.slots.find(({ number }) => number === slot.number)
    return old !== undefined && JSON.stringify(old.ports) !== JSON.stringify(slot.ports)
  })
}

function reloadOf({ spec }: Resource<ProcessSpec>): ApplyMode {
  if (spec.kind !== 'service' || spec.service.reload.kind !== 'signal') return { kind: 'replace' }
  return { kind: 'reload', signal: spec.service.reload.signal as NodeJS.Signals }
}

/** A volume carries an id that dies with it: by it a job knows that its work went into another one. */
async function makeVolume(name: string, { options: { memory } }: ApplyContext): Promise<void> {
  if ((await memory.read(volumeKey(name))) === undefined)
    await memory.write(volumeKey(name), { id: randomUUID() })
  await mkdir(volumeFolder(memory.folder, name), { recursive: true, mode: 0o700 })
}

export const volumeKey = (name: string): string => `volume-ids/${name}`

async function makeGateway(
  wanted: Resource<ProcessSpec>,
  { stack, facts }: Extract<ProcessSpec, { kind: 'gateway' }>,
  { options, link }: ApplyContext,
): Promise<void> {
  const port = gatewayPort(stack, facts.ports)
  if (port === undefined)
    throw new StepError('internal', 'no port was given out for the gateway', { span: wanted.from })
  const routes = [...stack.routes.values()].map((route): RouteSpec => ({
    name: route.name,
    host: route.host,
    path: route.path,
    service: route.to.service,
    servicePort: route.to.port,
    bodySize: route.bodySize,
    headers: Object.fromEntries(route.headers),
  }))
  await link.open()
  await refuseTakenPorts([port], wanted.id, options.memory.folder, wanted.from)
  await link.ask({ type: 'gateway', gateway: { parts: asRecorded(wanted.parts), port, routes } })
}

async function remove(step: TargetStep, { options, link }: ApplyContext): Promise<void> {
  const { memory } = options
  const kind = step.resource.slice(0, step.resource.indexOf('/'))
  const name = nameOf(step)
  switch (kind) {
    case 'volume':
      await rm(volumeFolder(memory.folder, name), { recursive: true, force: true })
      await memory.remove(volumeKey(name))
      return
    case 'service':
      await link.ask({ type: 'remove', service: name })
      return
    case 'job':
      await forgetJob(name, { options, link })
      return
    case 'gateway':
      await link.ask({ type: 'remove-gateway' })
      return
    default:
      throw new StepError('internal', `${step.id}: the process target has no ${kind}`)
  }
}

function nameOf(step: TargetStep): string {
  return step.resource.slice(step.resource.indexOf('/') + 1)
}
