import { readdir } from 'node:fs/promises'
import {
  gatewayFile,
  jobFile,
  replicaFile,
  serviceFile,
  servicesFolder,
  tasksFolder,
} from '../../session/layout.ts'
import {
  loadRecord,
  type GatewayRecord,
  type JobRecord,
  type ReplicaRecord,
  type ServiceRecord,
} from '../../session/records.ts'

/** What the session wrote down; readable whether it runs or not. */
export interface Recorded {
  readonly services: ReadonlyMap<
    string,
    { readonly record: ServiceRecord; readonly replicas: readonly ReplicaRecord[] }
  >
  readonly jobs: ReadonlyMap<string, JobRecord>
  readonly gateway: GatewayRecord | undefined
  /** Folders without a record: an interrupted run made or removed half of them. */
  readonly rubbish: { readonly services: readonly string[]; readonly jobs: readonly string[] }
}

export async function readRecorded(state: string): Promise<Recorded> {
  const services = new Map<string, { record: ServiceRecord; replicas: ReplicaRecord[] }>()
  const jobs = new Map<string, JobRecord>()
  const rubbish = { services: [] as string[], jobs: [] as string[] }
  const readServices = (await namesIn(servicesFolder(state))).map(async (name) => {
    const record = await recordedService(state, name)
    if (!record) rubbish.services.push(name)
    else services.set(name, { record, replicas: await recordedReplicas(state, record) })
  })
  const readJobs = (await namesIn(tasksFolder(state))).map(async (name) => {
    const record = (await loadRecord(jobFile(state, name))) as JobRecord | undefined
    if (record) jobs.set(name, record)
    else rubbish.jobs.push(name)
  })
  const gateway = (await loadRecord(gatewayFile(state))) as GatewayRecord | undefined
  await Promise.all([...readServices, ...readJobs])
  return { services, jobs, gateway, rubbish }
}

export async function recordedService(state: string, name: string): Promise<ServiceRecord | undefined> {
  return (await loadRecord(serviceFile(state, name))) as ServiceRecord | undefined
}

export async function recordedReplicas(state: string, { spec }: ServiceRecord): Promise<ReplicaRecord[]> {
  const records = await Promise.all(
    spec.slots.map(({ number }) => loadRecord(replicaFile(state, spec.name, number))),
  )
  return records.filter((record) => record !== undefined) as ReplicaRecord[]
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort()
}
