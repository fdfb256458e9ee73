import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Engine } from '../../platform/engine/engine.ts'
import { isNotFound } from '../../platform/engine/errors.ts'
import { createVolume, listVolumes, removeVolume } from '../../platform/engine/volumes.ts'
import { identify, isRunning } from '../../platform/process-identity.ts'
import { fieldsOf, numberOf, textOf } from '../settings.ts'
import { clusterLabel } from './labels.ts'

/**
 * Who makes or deletes a cluster just now, or was at it when he was killed: an empty volume whose labels say so. It lives in the
 * engine, so everybody who uses that engine sees it, and it is there before the first and after the last container.
 */
export interface Claim {
  readonly purpose: 'create' | 'delete'
  readonly token: string
  readonly host: string
  readonly pid: number
  readonly startTime: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** For how long a claim of another machine is believed to be at work: nobody can look whether its process runs. */
const longestWork = 15 * 60_000

const volumeOf = (cluster: string): string => `iamstack-cluster-${cluster}`

export async function readClaim(
  engine: Engine,
  cluster: string,
  signal: AbortSignal,
): Promise<Claim | undefined> {
  const volumes = await listVolumes(engine, [`${clusterLabel.claim}=${cluster}`], signal)
  return volumes
    .map(({ Labels }) => parseClaim(Labels?.[clusterLabel.content]))
    .find((claim) => claim !== undefined)
}

/** Ours, or that of whoever was faster. */
export async function takeClaim(
  engine: Engine,
  cluster: string,
  purpose: Claim['purpose'],
): Promise<{ readonly claim: Claim; readonly isOurs: boolean }> {
  const self = await identify(process.pid)
  const wanted: Claim = {
    purpose,
    token: randomUUID(),
    host: hostname(),
    pid: process.pid,
    startTime: self?.startTime ?? '',
    at: Date.now(),
  }
  // Creating a volume that is there gives the one that is there: of two who try, both learn who has it.
  const volume = await createVolume(engine, volumeOf(cluster), {
    [clusterLabel.claim]: cluster,
    [clusterLabel.content]: JSON.stringify(wanted),
  })
  const claim = parseClaim(volume.Labels?.[clusterLabel.content]) ?? wanted
  return { claim, isOurs: claim.token === wanted.token }
}

export async function releaseClaim(engine: Engine, cluster: string): Promise<void> {
  try {
    await removeVolume(engine, volumeOf(cluster))
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

/** Whether it is this very process that claims. */
export function isOwnClaim(claim: Claim): boolean {
  return claim.host === hostname() && claim.pid === process.pid
}

/** Whether somebody is still at it. */
export async function isAtWork(claim: Claim): Promise<boolean> {
  if (claim.host !== hostname()) return Date.now() - claim.at < longestWork
  return await isRunning({ pid: claim.pid, startTime: claim.startTime })
}

function parseClaim(content: string | undefined): Claim | undefined {
  if (content === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch {
    return undefined
  }
  const fields = fieldsOf(value)
  return {
    purpose: fields['purpose'] === 'delete' ? 'delete' : 'create',
    token: textOf(fields['token']) ?? '',
    host: textOf(fields['host']) ?? '',
    pid: numberOf(fields['pid']) ?? 0,
    startTime: textOf(fields['startTime']) ?? '',
    at: numberOf(fields['at']) ?? 0,
  }
}
