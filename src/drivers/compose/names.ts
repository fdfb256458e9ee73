import { randomBytes } from 'node:crypto'
import type { Identity } from './labels.ts'

/** Compose calls a container `<project>-<service>-<number>`. */
export function containerName(identity: Identity, service: string, number: number): string {
  return `${identity.project}-${service}-${number}`
}

/** The name of a container while another one still has its own. */
export function besideName(name: string, generation: string): string {
  return `${name}-${generation}`
}

/** Compose calls networks and volumes `<project>_<name>`. */
export function ownName(identity: Identity, name: string): string {
  return `${identity.project}_${name}`
}

/** A new word for a container and what is made for it alone. */
export function newGeneration(): string {
  return randomBytes(4).toString('hex')
}

/** The gateway as Compose sees it: a service of a name that no stack file has. */
export const gatewayService = 'iamstack-gateway'
