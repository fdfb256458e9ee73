import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { StepError } from '../plan/step-error.ts'
import type { KubeObject } from '../platform/kubernetes/client.ts'
import { topOf } from './homes.ts'
import { ownLabels } from './ownership.ts'

/** On every object of the memory: the first word of its key, so that kinds of values can be listed apart. */
export const memoryLabel = 'iamstack.dev/memory'
/** The key as it is, which neither a name nor a label could hold. */
const keyAnnotation = 'iamstack.dev/key'
/** On the Secrets that hold a piece of a value: `<digest of the whole>/<number>`. */
const pieceAnnotation = 'iamstack.dev/piece'
const secretType = 'iamstack.dev/memory'

/** Bytes up to which a value stays readable for people who look with kubectl. */
const plainLimit = 32 * 1024
/** Bytes of one Secret: its data may be 1 MiB, and the whole object 1.5 MiB in etcd. */
const pieceLimit = 900 * 1024

/** Whose values they are. */
export interface Shelf {
  readonly namespace: string
  readonly project: string
}

/** A value as Secrets. The head is written last and names its pieces by their content, so a reader sees the old or the new value. */
export interface StoredValue {
  readonly head: KubeObject
  readonly pieces: readonly KubeObject[]
}

export function storedValue(shelf: Shelf, key: string, value: unknown): StoredValue {
  const plain = Buffer.from(JSON.stringify(value))
  if (plain.length <= plainLimit) return { head: headOf(shelf, key, { 'value.json': plain }), pieces: [] }
  const packed = gzipSync(plain)
  if (packed.length <= pieceLimit)
    return { head: headOf(shelf, key, { 'value.json.gz': packed }), pieces: [] }
  const digest = createHash('sha256').update(packed).digest('hex').slice(0, 16)
  const count = Math.ceil(packed.length / pieceLimit)
  const pieces = Array.from({ length: count }, (_, index) =>
    pieceOf(shelf, key, digest, index, packed.subarray(index * pieceLimit, (index + 1) * pieceLimit)),
  )
  return { head: headOf(shelf, key, { pieces: Buffer.from(`${digest} ${count}`) }), pieces }
}

/** Secrets of the memory by key; undefined for the head of a key of which only pieces are left. */
export interface FoundValue {
  readonly head: KubeObject | undefined
  readonly pieces: readonly KubeObject[]
}

export function groupByKey(objects: readonly KubeObject[]): Map<string, FoundValue> {
  const found = new Map<string, FoundValue>()
  for (const object of objects) {
    const key = object.metadata.annotations?.[keyAnnotation]
    if (key === undefined) continue
    const before = found.get(key) ?? { head: undefined, pieces: [] }
    const isPiece = object.metadata.annotations?.[pieceAnnotation] !== undefined
    found.set(key, isPiece ? { ...before, pieces: [...before.pieces, object] } : { ...before, head: object })
  }
  return found
}

/** StepError, naming the Secret and never its content, when it is not what we wrote. */
export function valueIn({ head, pieces }: FoundValue): unknown {
  if (!head) return undefined
  try {
    return JSON.parse(textIn(head, pieces))
  } catch {
    // The cause would show what is written in it, which may be a secret.
    const { name, namespace } = head.metadata
    throw new StepError('precondition', `Secret ${name} in namespace ${namespace ?? ''} cannot be read`, {
      hint: 'put it back from a backup, or delete it: what it held is made anew',
    })
  }
}

function textIn(head: KubeObject, pieces: readonly KubeObject[]): string {
  const plain = dataOf(head, 'value.json')
  if (plain) return plain.toString()
  const packed = dataOf(head, 'value.json.gz')
  if (packed) return gunzipSync(packed).toString()
  const [digest = '', count = '0'] = dataOf(head, 'pieces')?.toString().split(' ') ?? []
  const whole = Array.from({ length: Number(count) }, (_, index) => {
    const piece = pieces.find(
      ({ metadata }) => metadata.annotations?.[pieceAnnotation] === `${digest}/${index}`,
    )
    return (piece && dataOf(piece, 'piece')) ?? Buffer.of()
  })
  return gunzipSync(Buffer.concat(whole)).toString()
}

function dataOf({ data }: KubeObject, name: string): Buffer | undefined {
  const value =
    typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' ? Buffer.from(value, 'base64') : undefined
}

function headOf(shelf: Shelf, key: string, data: Readonly<Record<string, Buffer>>): KubeObject {
  return secretOf(shelf, key, nameOf(shelf, key), {}, data)
}

function pieceOf(shelf: Shelf, key: string, digest: string, index: number, piece: Buffer): KubeObject {
  const name = `${nameOf(shelf, key)}.${digest}.${index}`
  return secretOf(shelf, key, name, { [pieceAnnotation]: `${digest}/${index}` }, { piece })
}

function secretOf(
  { namespace, project }: Shelf,
  key: string,
  name: string,
  annotations: Readonly<Record<string, string>>,
  data: Readonly<Record<string, Buffer>>,
): KubeObject {
  const encoded = Object.entries(data).map(([field, bytes]) => [field, bytes.toString('base64')])
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      labels: {
        ...ownLabels(project),
        [memoryLabel]: topOf(key),
      },
      annotations: { [keyAnnotation]: key, ...annotations },
    },
    type: secretType,
    data: Object.fromEntries(encoded),
  }
}

/** Readable where the key's characters allow it, and never that of another key or project. */
function nameOf({ project }: Shelf, key: string): string {
  const words = key
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 80)
  const digest = createHash('sha256').update(`${project}\0${key}`).digest('hex').slice(0, 10)
  return `iamstack-${project}-${words === '' ? 'value' : words}-${digest}`
}
