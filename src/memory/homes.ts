/** Where the values of a key belong when the target is a cluster: to everybody who works on it, or to this machine alone. */
export type Home = 'cluster' | 'machine'

/** Every top-level key that there is. Whoever adds one says here whose it is. */
const homes = {
  /** Generated and prompted values, and what commands gave last. */
  secrets: 'cluster',
  /** Certificate authorities, certificates and their keys. */
  certs: 'cluster',
  /** The key of the digests of secrets. */
  'hash-key': 'cluster',
  /** With which identity jobs ran on volumes that are still there. */
  jobs: 'cluster',
  /** How smoke tests ended last. */
  smoke: 'cluster',
  /** Kinds of raw objects, by which those are found again whose files are gone. */
  kinds: 'cluster',
  /** What was brought up, for `history`, `diff` and `rollback`. */
  revisions: 'cluster',
  /** Digests of files, by their times and sizes on this machine. */
  'file-hashes': 'machine',
  /** Host steps that went well here. */
  'pre-steps': 'machine',
  /** Sticky ports of this machine. */
  ports: 'machine',
  /** Which API version the engine of this machine spoke last. */
  engine: 'machine',
  /** The ledger of the compose driver. */
  compose: 'machine',
  /** What was written into running containers by `dev`, and what their images were made from. */
  sync: 'machine',
  /** Folders that are volumes of local processes, and their identities. */
  volumes: 'machine',
  'volume-ids': 'machine',
  /** What tells this state folder from every other one. */
  place: 'machine',
} as const satisfies Readonly<Record<string, Home>>

export type Key = keyof typeof homes

/** Of a whole key such as `secrets/db`. */
export function homeOf(key: string): Home {
  const top = topOf(key)
  if (!isKnown(top)) throw new Error(`“${top}” has no home: add it to src/memory/homes.ts`)
  return homes[top]
}

/** `secrets/db` → `secrets`. */
export function topOf(key: string): string {
  return key.split('/', 1)[0] ?? key
}

function isKnown(top: string): top is Key {
  return Object.hasOwn(homes, top)
}
