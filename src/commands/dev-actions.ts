import type { ResourceId } from '../plan/resource.ts'
import type { Step } from '../plan/step.ts'
import { demandConsent } from '../session/execute.ts'
import { planLine } from '../session/line.ts'
import { runSmokeChecks } from '../session/smoke.ts'
import type { DevActions } from './dev-intents.ts'
import { planTurn, type Current } from './dev-turns.ts'
import type { Arguments } from './arguments.ts'
import type { Surroundings } from './command.ts'

/** What a person asks of a running `dev`: plans like those of an edit, for the same scheduler. */
export function devActions(
  current: Current,
  given: Arguments,
  around: Surroundings,
  stir: () => void,
): DevActions {
  const { signal } = around
  const idsOf = (services: readonly string[]): ResourceId[] =>
    services.map((name): ResourceId => `service/${name}`)

  async function submit(steps: readonly Step[]): Promise<void> {
    const plan = { steps, unchanged: [], kept: [] }
    // A key is no consent to lose something: that is given with --yes.
    demandConsent(plan, given.isOn('yes'), current.opened.stack.profile.isProtected)
    const { failures } = await current.scheduler.submit(plan)
    const [first] = failures
    if (first) throw first.error
  }

  return {
    async restart(services) {
      const { opened } = current
      const facts = await opened.gather('change')
      const restart = new Map(idsOf(services).map((id) => [id, 'asked for']))
      const selection = new Set(restart.keys())
      const { plan } = await planLine(opened.driver, opened.stack, facts, { restart, selection }, signal)
      await submit(plan.steps)
    },
    async rebuild(services) {
      const { opened } = current
      const facts = await opened.gather('change')
      const ids = idsOf(services)
      const images = opened.driver
        .desired(opened.stack, facts)
        .filter(({ id }) => ids.includes(id))
        .flatMap(({ needs }) => needs.flatMap(({ on }) => (on.startsWith('image/') ? [on] : [])))
      // Without the eyes of sync: what was written in counts as nothing, and the image is what is wanted.
      const selection = new Set([...ids, ...images])
      const { plan } = await planLine(opened.driver, opened.stack, facts, { selection }, signal)
      await submit(plan.steps)
    },
    async resync(services) {
      if (!current.sync) throw new Error('nothing is written into what runs on this target')
      await current.sync.doubt(services)
      stir()
    },
    async stop(services) {
      const { stack } = current.opened
      await submit(
        idsOf(services).map((resource, index) => ({
          id: `stop ${resource}`,
          op: 'stop',
          resource,
          cause: 'asked for',
          after: [],
          destroys: undefined,
          from: stack.services.get(services[index] ?? '')?.from,
        })),
      )
    },
    async scale(service, replicas) {
      current.replicas.set(service, replicas)
      const plan = await planTurn(current, [], given, around)
      await submit(
        plan.steps.filter(({ resource }) => resource === `service/${service}` || isMaterial(resource)),
      )
    },
    async smoke(checks) {
      const { opened } = current
      const chosen = opened.stack.smoke.filter(({ name }) => checks === undefined || checks.includes(name))
      await runSmokeChecks(opened, chosen, signal)
    },
  }
}

/** What replicas are made from. */
function isMaterial(resource: ResourceId): boolean {
  return resource.startsWith('image/') || resource.startsWith('delivery/')
}
