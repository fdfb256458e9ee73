import { openKind } from '../../../src/clusters/kind.ts'
import { openEngine } from '../../../src/platform/engine/engine.ts'
import { findEngine } from '../../../src/platform/engine/find.ts'
import { resolvedStack } from '../../resolve/stack.ts'

/** Makes a kind cluster until it is killed: `create-cluster NAME FOLDER PROFILE`. */
const [name = '', stateFolder = '', profile = ''] = process.argv.slice(2)
const lookup = await findEngine(process.env)
if (lookup.kind === 'absent') throw new Error(lookup.why)
const engine = openEngine(lookup.endpoint)
const stack = await resolvedStack(`name: ${name}\nservices: { cache: { image: "busybox:stable" } }\n`, {
  profile: 'here',
  files: { 'profiles/here.yaml': profile },
})
const cluster = openKind({ stack, env: process.env, stateFolder, engine: () => Promise.resolve(engine) })
const [wanted] = cluster.desired()
if (!wanted) throw new Error('a kind cluster is a resource')
const signal = AbortSignal.timeout(240_000)
const base = { resource: wanted.id, cause: 'not there yet', after: [], destroys: undefined, from: undefined }
await cluster.apply(
  { ...base, id: `create ${wanted.id}`, op: 'create', wanted },
  { signal, emit: () => undefined, progress: (_resource, text) => process.stdout.write(`${text}\n`) },
)
await cluster.close()
engine.close()
