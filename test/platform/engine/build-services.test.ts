import { createServer } from 'node:net'
import { join } from 'node:path'
import { Client, credentials as channel, Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js'
import protobuf from 'protobufjs/minimal.js'
import { expect, onTestFinished, test } from 'vitest'
import { nothingUnanswered } from '../../../src/platform/engine/build-service.ts'
import { buildServices, type BuildProvisions } from '../../../src/platform/engine/build-services.ts'
import { RegistryCredentials } from '../../../src/platform/engine/registry-credentials.ts'
import { temporaryFolder } from './fake-engine.ts'

/** The services behind a port, and a client that speaks to them as BuildKit does: in bytes. */
async function served(provisions: Partial<BuildProvisions>) {
  const unanswered = nothingUnanswered()
  const server = new Server()
  for (const { definition, implementation } of buildServices(
    { secrets: new Map(), ...provisions },
    unanswered,
  )) {
    server.addService(definition, implementation)
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error)
      else resolve(bound)
    })
  })
  const client = new Client(`127.0.0.1:${String(port)}`, channel.createInsecure())
  onTestFinished(() => {
    client.close()
    server.forceShutdown()
  })
  const same = (bytes: Buffer) => bytes
  const ask = (path: string, message: Buffer) =>
    new Promise<Buffer | number>((resolve) => {
      client.makeUnaryRequest(path, same, same, message, (error, answer) => {
        resolve(error ? error.code : (answer ?? Buffer.alloc(0)))
      })
    })
  const talk = (path: string) => client.makeBidiStreamRequest(path, same, same, new Metadata())
  return { ask, talk, unanswered }
}

/** A message with texts in its first fields. */
function message(...texts: string[]): Buffer {
  const writer = protobuf.Writer.create()
  texts.forEach((text, index) => writer.uint32((index + 1) * 8 + 2).string(text))
  return Buffer.from(writer.finish())
}

test('an empty question for health is answered: BuildKit ends a session that does not', async () => {
  const { ask } = await served({})
  expect(await ask('/grpc.health.v1.Health/Check', Buffer.alloc(0))).toEqual(Buffer.from([8, 1]))
})

test('secrets: known, unknown, and one that cannot be had', async () => {
  const { ask, unanswered } = await served({
    secrets: new Map([
      ['npm', () => Promise.resolve(Buffer.from([0, 255, 10]))],
      ['sealed', () => Promise.reject(new Error('the vault is sealed'))],
    ]),
  })
  const path = '/moby.buildkit.secrets.v1.Secrets/GetSecret'
  expect(await ask(path, message('npm'))).toEqual(Buffer.from([10, 3, 0, 255, 10]))
  expect(await ask(path, message('other'))).toBe(status.NOT_FOUND)
  expect(await ask(path, message('sealed'))).toBe(status.INTERNAL)
  expect([[...unanswered.unknownSecrets], unanswered.failures.map((each) => each.message)]).toEqual([
    ['other'],
    ['the vault is sealed'],
  ])
})

test('credentials: by password, by token, for Docker Hub under its own name, and none', async () => {
  const known = new Map([
    [
      'r.example:5000',
      new RegistryCredentials('r.example:5000', { kind: 'password', username: 'me', password: 'iam59!z$' }),
    ],
    [
      'https://index.docker.io/v1/',
      new RegistryCredentials('hub', { kind: 'identity-token', token: 'T0KEN' }),
    ],
  ])
  const { ask } = await served({ credentials: (registry) => Promise.resolve(known.get(registry)) })
  const path = '/moby.filesync.v1.Auth/Credentials'
  expect(await ask(path, message('r.example:5000'))).toEqual(message('me', 'iam59!z$'))
  expect(await ask(path, message('registry-1.docker.io'))).toEqual(
    Buffer.concat([Buffer.from([18, 5]), Buffer.from('T0KEN')]),
  )
  expect(await ask(path, message('other.example'))).toEqual(Buffer.alloc(0))
  expect(await ask('/moby.filesync.v1.Auth/GetTokenAuthority', message('r.example'))).toBe(
    status.UNIMPLEMENTED,
  )
})

test('an ssh agent is offered only where there is one, and carried byte by byte', async () => {
  const without = await served({})
  expect(await without.ask('/moby.sshforward.v1.SSH/CheckAgent', message('default'))).toBe(
    status.UNIMPLEMENTED,
  )

  const socket = join(await temporaryFolder(), 'agent.sock')
  const agent = createServer((connection) =>
    connection.on('data', (data) => connection.end(data.toString().toUpperCase())),
  )
  await new Promise<void>((resolve) => agent.listen(socket, resolve))
  onTestFinished(() => {
    agent.close()
  })
  const { ask, talk } = await served({ sshAgent: socket })
  expect(await ask('/moby.sshforward.v1.SSH/CheckAgent', Buffer.alloc(0))).toEqual(Buffer.alloc(0))
  const call = talk('/moby.sshforward.v1.SSH/ForwardAgent')
  call.write(message('sign this'))
  const heard: Buffer[] = []
  for await (const each of call as AsyncIterable<Buffer>) heard.push(each)
  expect(Buffer.concat(heard)).toEqual(message('SIGN THIS'))
})
