import { randomUUID } from 'node:crypto'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { Engine } from './engine.ts'
import { nothingUnanswered, type Unanswered } from './build-service.ts'
import { buildServices, type BuildProvisions } from './build-services.ts'

/** An open session: BuildKit calls back over it while a build with its id runs. */
export interface BuildSession {
  readonly id: string
  readonly unanswered: Unanswered
  close(): void
}

/**
 * Opens a BuildKit session: a connection that the engine upgrades to HTTP/2 and on which it is the client, we the server.
 * To be imported lazily: gRPC takes 50 ms to load, and few builds need it. `sharedKey` is what BuildKit finds the folders of an
 * earlier session by.
 */
export async function openBuildSession(
  engine: Engine,
  provisions: BuildProvisions,
  sharedKey?: string,
): Promise<BuildSession> {
  const unanswered = nothingUnanswered()
  const services = buildServices(provisions, unanswered)
  const server = new Server()
  for (const { definition, implementation } of services) server.addService(definition, implementation)
  const id = randomUUID()
  const connection = await engine.upgrade('/session', {
    protocol: 'h2c',
    headers: {
      'X-Docker-Expose-Session-Uuid': id,
      'X-Docker-Expose-Session-Name': 'iamstack',
      ...(sharedKey !== undefined && { 'X-Docker-Expose-Session-Sharedkey': sharedKey }),
      // BuildKit calls only what is listed, and treats the rest as not there.
      'X-Docker-Expose-Session-Grpc-Method': services
        .flatMap(({ definition }) => Object.values(definition))
        .map(({ path }) => path),
    },
  })
  // An engine that goes away ends the build's own request too, which is where it is told.
  connection.on('error', () => {
    server.forceShutdown()
  })
  server.createConnectionInjector(ServerCredentials.createInsecure()).injectConnection(connection)
  return {
    id,
    unanswered,
    close: () => {
      server.forceShutdown()
      connection.destroy()
    },
  }
}
