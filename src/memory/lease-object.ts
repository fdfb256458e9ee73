import type { KubeObject } from '../platform/kubernetes/client.ts'
import { ownLabels } from './ownership.ts'

/** Who holds a Lease, as its annotation says. */
export interface LeaseClaim {
  readonly nonce: string
  /** What tells the state folder of the holder from every other one. */
  readonly place: string
  readonly pid: number
  readonly host: string
  readonly user: string
  readonly purpose: string
  /** Epoch milliseconds. */
  readonly since: number
}

const holderAnnotation = 'iamstack.dev/holder'

export function leaseOf(
  of: { readonly namespace: string; readonly project: string },
  claim: LeaseClaim,
  /** Milliseconds. */
  patience: number,
): KubeObject {
  const now = microTime()
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: `iamstack-${of.project}`,
      namespace: of.namespace,
      labels: ownLabels(of.project),
      annotations: { [holderAnnotation]: JSON.stringify(claim) },
    },
    spec: {
      holderIdentity: `${claim.user}@${claim.host} ${claim.pid}`,
      leaseDurationSeconds: Math.max(1, Math.ceil(patience / 1000)),
      acquireTime: now,
      renewTime: now,
    },
  }
}

/** The same Lease with a heartbeat of now. */
export function renewed(lease: KubeObject): KubeObject {
  return { ...lease, spec: { ...specOf(lease), renewTime: microTime() } }
}

/** The same Lease without a holder: on its way out. */
export function released(lease: KubeObject): KubeObject {
  return { ...lease, spec: { ...specOf(lease), holderIdentity: '' } }
}

export function isReleased(lease: KubeObject): boolean {
  const holder = specOf(lease)['holderIdentity']
  return holder === undefined || holder === ''
}

/** Epoch milliseconds by the clock of the holder; 0 where it never had a heartbeat. */
export function renewedAt(lease: KubeObject): number {
  const time = specOf(lease)['renewTime']
  return typeof time === 'string' ? Date.parse(time) || 0 : 0
}

/** Undefined for a Lease that we did not write. */
export function claimOf(lease: KubeObject): LeaseClaim | undefined {
  try {
    return JSON.parse(lease.metadata.annotations?.[holderAnnotation] ?? '') as LeaseClaim
  } catch {
    return undefined
  }
}

function specOf(lease: KubeObject): Readonly<Record<string, unknown>> {
  const spec = lease['spec']
  return typeof spec === 'object' && spec !== null ? { ...spec } : {}
}

/** The API wants exactly six digits of a second. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z')
}
