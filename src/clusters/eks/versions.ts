/** A version of Kubernetes that EKS has, and until when. Days as AWS prints them; undefined where none is known. */
export interface EksVersion {
  readonly version: string
  /** Last day at the ordinary price. */
  readonly standardUntil: string | undefined
  /** Last day at all: afterwards AWS upgrades the cluster by itself. */
  readonly extendedUntil: string | undefined
}

/**
 * Source: docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html, "Amazon EKS Kubernetes release calendar", as of
 * April 2026. From the oldest to the newest.
 */
export const eksVersions: readonly EksVersion[] = [
  { version: '1.29', standardUntil: '2025-03-23', extendedUntil: '2026-03-23' },
  { version: '1.30', standardUntil: '2025-07-23', extendedUntil: '2026-07-23' },
  { version: '1.31', standardUntil: '2025-11-26', extendedUntil: '2026-11-26' },
  { version: '1.32', standardUntil: '2026-03-23', extendedUntil: '2027-03-23' },
  { version: '1.33', standardUntil: '2026-07-29', extendedUntil: '2027-07-29' },
  { version: '1.34', standardUntil: '2026-12-02', extendedUntil: '2027-12-02' },
  { version: '1.35', standardUntil: '2027-03-27', extendedUntil: '2028-03-27' },
  { version: '1.36', standardUntil: undefined, extendedUntil: undefined },
]

/** What a profile gets that names no version. */
export const defaultVersion = '1.35'
