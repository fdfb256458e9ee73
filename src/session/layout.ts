import { join } from 'node:path'

/**
 * Where things of one instance lie below its state folder. One function per place, so that the session, which writes most of
 * them, and the commands, which read them when no session runs, cannot disagree.
 *
 *     services/<name>/service.json       what the session was told, without secrets (0600)
 *     services/<name>/replica-<n>.json   what runs in slot n: the intent, then pid and start time
 *     services/<name>/environment-<n>.json   its environment, secrets included; gone when it is stopped
 *     services/<name>/root/…             mounts of replica 1; `root-<n>/…` of the others
 *     services/<name>/logs/…             see `log-files.ts`
 *     tasks/<job>/…                      the same for jobs
 *     volumes/<name>/                    data; nothing here removes it but the deletion of the volume
 *     forwards/<service>.<port>.json     ports of this machine that lead into a cluster
 *     gateway.json  session.log  session.<n>
 *     dev.sock  dev.log                  of a running `dev`, the second where it has no terminal
 */
export const servicesFolder = (state: string): string => join(state, 'services')
export const tasksFolder = (state: string): string => join(state, 'tasks')
export const serviceFolder = (state: string, service: string): string => join(state, 'services', service)
export const taskFolder = (state: string, job: string): string => join(state, 'tasks', job)
export const volumeFolder = (state: string, volume: string): string => join(state, 'volumes', volume)
export const logsFolder = (owner: string): string => join(owner, 'logs')
export const rootFolder = (owner: string, slot: number): string =>
  join(owner, slot === 1 ? 'root' : `root-${String(slot)}`)

export const serviceFile = (state: string, service: string): string =>
  join(serviceFolder(state, service), 'service.json')
export const replicaFile = (state: string, service: string, slot: number): string =>
  join(serviceFolder(state, service), `replica-${String(slot)}.json`)
export const environmentFile = (owner: string, slot: number): string =>
  join(owner, `environment-${String(slot)}.json`)
export const jobFile = (state: string, job: string): string => join(taskFolder(state, job), 'job.json')
export const exitFile = (state: string, job: string): string => join(taskFolder(state, job), 'exit-code')
export const gatewayFile = (state: string): string => join(state, 'gateway.json')
export const forwardsFolder = (state: string): string => join(state, 'forwards')
export const forwardFile = (state: string, forward: string): string =>
  join(forwardsFolder(state), `${forward}.json`)
export const sessionLog = (state: string): string => join(state, 'session.log')
export const devLog = (state: string): string => join(state, 'dev.log')
