import type { Run } from '../../drivers/driver.ts'
import type { ImageIdentity } from '../../images/identify.ts'
import type { Service } from '../../resolve/resolved.ts'
import type { Life, Observed, Resource, ResourceId } from '../../plan/resource.ts'
import type { PlanInput } from '../../plan/plan.ts'
import type { Op, Plan, Step } from '../../plan/step.ts'
import type { Opened } from '../../session/opened.ts'
import { nodeFiles } from '../../images/context/file-access.ts'
import { createStatCache } from '../../images/context/stat-cache.ts'
import { namedFiles, type NamedFiles } from './extras.ts'
import { openLedger, type Ledger } from './ledger.ts'
import { syncablesOf } from './syncables.ts'
import { createSyncer, type Syncer } from './syncer.ts'
import { weave, type WovenTree } from './weave.ts'

type SyncStep = Extract<Step, { readonly op: 'sync' }>

/** The cheap way for edits, for as long as one `dev` runs. */
export interface DevSync {
  /** Reads what `dev.sync` names; before each plan. */
  look(opened: Opened): Promise<void>
  /** Sees what was gathered last; for `planLine`. */
  weave(
    opened: Opened,
    desired: readonly Resource[],
    observed: Observed,
  ): Pick<PlanInput, 'observed' | 'syncs'>
  /** Before a plan is carried out: what the images that it brings are made of. */
  remember(plan: Plan): Promise<void>
  apply(step: SyncStep, run: Run): Promise<void>
  /** Calls back when containers began or ended. */
  watch(onChange: () => void, signal: AbortSignal): void
  /** Everything of these services is to be written anew, whatever was written before. */
  doubt(services: readonly string[]): Promise<void>
  /** How many paths were written to in a container since it began. */
  written(life: string): number
  /** How many containers refused to be written to for a reason that stays. */
  barred(): number
  close(): Promise<void>
}

/** Undefined where nothing can be written into what runs: the target cannot, or the profile is protected. */
export async function openDevSync(
  { driver, memory, stack }: Opened,
  /** Nothing is opened and nothing forgotten: for a look. */
  { readsOnly = false }: { readonly readsOnly?: boolean } = {},
): Promise<DevSync | undefined> {
  const { syncing } = driver
  if (!syncing || stack.profile.isProtected) return undefined
  const ledger = await openLedger(memory)
  const syncer = createSyncer(syncing, ledger)
  let trees: readonly WovenTree[] = []
  let named: NamedFiles = new Map()
  /** Containers as they were seen last, by service. */
  const lives = new Map<string, readonly Life[]>()
  const cache = createStatCache()
  // Without a way to start the program alone its container is started anew, which has to keep what was written.
  const canRestart = ({ dev }: Service): boolean =>
    dev.restart.kind === 'none' ||
    dev.restart.kind === 'signal' ||
    syncing.restart !== undefined ||
    dev.isSupervised === true
  return {
    async look(opened) {
      named = await namedFiles(opened.stack, nodeFiles, cache)
    },
    weave(opened, desired, observed) {
      const identities = opened.gathered()?.identities ?? new Map<string, ImageIdentity>()
      const syncables = syncablesOf({
        stack: opened.stack,
        identities,
        named,
        takesEdits: (service) => canRestart(service) && !syncer.refusing.has(service.name),
        barred: syncer.barred,
      })
      const woven = weave(desired, observed, syncables, ledger)
      trees = woven.trees
      for (const { service } of trees) lives.set(service, observed.get(`service/${service}`)?.lives ?? [])
      // A record that could not be removed is one of a container that is gone: it harms nobody.
      if (!readsOnly) void settle(trees, observed, ledger, syncer).catch(() => undefined)
      return woven
    },
    async remember(plan) {
      const brought = new Set(plan.steps.filter(({ op }) => bringsImage(op)).map(({ resource }) => resource))
      for (const { service, image, tree, isRunning } of trees) {
        const id: ResourceId = `service/${service}`
        if (isRunning || brought.has(id)) await ledger.remember(service, image, tree)
      }
    },
    apply: (step, run) => syncer.apply(step, run),
    watch: (onChange, signal) => syncing.watch(onChange, signal),
    async doubt(services) {
      for (const { service, tree } of trees)
        for (const life of services.includes(service) ? (lives.get(service) ?? []) : [])
          await ledger.begin(life.id, service, Object.keys(tree.files))
    },
    written: (life) => ledger.standingOf(life).size,
    barred: () => syncer.barred.size,
    async close() {
      syncer.close()
      await ledger.flush()
    },
  }
}

/** Forgets containers that are gone, and opens ways into those that are there. */
async function settle(
  trees: readonly WovenTree[],
  observed: Observed,
  ledger: Ledger,
  syncer: Syncer,
): Promise<void> {
  for (const { service } of trees) {
    const lives = observed.get(`service/${service}`)?.lives ?? []
    await ledger.keepOnly(service, new Set(lives.map(({ id }) => id)))
    syncer.prepare(service, lives)
  }
}

/** Whether containers come out of it that were made from the wanted image. */
function bringsImage(op: Op): boolean {
  return op === 'create' || op === 'replace' || op === 'update'
}
