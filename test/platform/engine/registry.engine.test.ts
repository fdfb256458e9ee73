import { expect, test } from 'vitest'
import { inspectImage, listImages, removeImage, tagImage } from '../../../src/platform/engine/images.ts'
import { RegistryCredentials } from '../../../src/platform/engine/registry-credentials.ts'
import { RegistryError } from '../../../src/platform/engine/registry-error.ts'
import { pullImage, pushImage } from '../../../src/platform/engine/transfer.ts'
import type { TransferProgress } from '../../../src/platform/engine/transfer-progress.ts'
import { registryLogin, startRegistry } from './local-registry.ts'
import { realEngine } from './real-engine.ts'

const machine = await realEngine()
const { engine, prefix, afterwards } = machine
const open = await startRegistry(machine, 'open')
const guarded = await startRegistry(machine, 'guarded', { hasLogin: true })
const right = new RegistryCredentials(guarded, { kind: 'password', ...registryLogin })
const wrong = new RegistryCredentials(guarded, { kind: 'password', username: 'me', password: 'hunter3' })

/** A name for the small image of this machine, taken away afterwards. */
async function tagged(reference: string): Promise<string> {
  await tagImage(engine, 'busybox:stable', reference)
  afterwards(() => removeImage(engine, reference))
  return reference
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const error: unknown = await promise.then(
    () => undefined,
    (each: unknown) => each,
  )
  return error instanceof RegistryError ? error.failure : error
}

test('an image goes to a registry and comes back, by tag and by digest, with progress', async () => {
  const reference = await tagged(`${open}/${prefix}/small:1`)
  const progress: TransferProgress[] = []
  const digest = await pushImage(engine, reference, { onProgress: (each) => progress.push(each) })
  expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
  const last = progress.at(-1)
  expect(last?.layersDone).toBe(last?.layers)
  expect(last?.layers).toBeGreaterThan(0)
  await removeImage(engine, reference)
  expect(await listImages(engine, { references: [reference] })).toEqual([])
  await pullImage(engine, reference)
  expect((await inspectImage(engine, reference)).Id).toBe((await inspectImage(engine, 'busybox:stable')).Id)
  await pullImage(engine, `${open}/${prefix}/small@${digest}`)
  expect((await inspectImage(engine, reference)).RepoDigests).toContain(`${open}/${prefix}/small@${digest}`)
})

test('S16: a registry with a login takes the right password, and no other', async () => {
  const reference = await tagged(`${guarded}/${prefix}/small:1`)
  expect(await failureOf(pushImage(engine, reference))).toBe('denied')
  expect(await failureOf(pushImage(engine, reference, { credentials: wrong }))).toBe('denied')
  expect(await pushImage(engine, reference, { credentials: right })).toMatch(/^sha256:/)
  await removeImage(engine, reference)
  expect(await failureOf(pullImage(engine, reference))).toBe('denied')
  expect(await failureOf(pullImage(engine, reference, { credentials: wrong }))).toBe('denied')
  await pullImage(engine, reference, { credentials: right })
  expect(await listImages(engine, { references: [reference] })).toHaveLength(1)
})

test('S18: what a denied pull says', async () => {
  const error: unknown = await pullImage(engine, `${guarded}/acme/api:1`, { credentials: wrong }).catch(
    (each: unknown) => each,
  )
  if (!(error instanceof RegistryError)) throw error
  expect([error.message, error.hint].join('\n').replaceAll(guarded, 'REGISTRY')).toMatchInlineSnapshot(`
    "REGISTRY does not let us pull REGISTRY/acme/api:1
    either it does not exist there, or it needs other credentials: registries of the stack file, or "docker login""
  `)
  expect(error.isTerminal).toBe(true)
})

test('a tag that is not there is terminal at once', async () => {
  const pauses = [600_000]
  expect(await failureOf(pullImage(engine, `${open}/${prefix}/nothing:1`, { pauses }))).toBe('not-found')
})

test('a registry that cannot be reached is tried three times, then named with both readings', async () => {
  const error: unknown = await pullImage(engine, 'registry.invalid/acme/api:1', { pauses: [10, 10] }).catch(
    (each: unknown) => each,
  )
  if (!(error instanceof RegistryError)) throw error
  expect([error.failure, error.message, error.hint]).toMatchInlineSnapshot(`
    [
      "network",
      "registry.invalid could not be reached for registry.invalid/acme/api:1, three times in a row",
      "either this network (or the registry) is down for the moment, or "registry.invalid" is not the right name",
    ]
  `)
})

test('an abort ends the waiting between tries', async () => {
  const controller = new AbortController()
  setTimeout(() => {
    controller.abort(new Error('superseded'))
  }, 300)
  const pull = pullImage(engine, 'registry.invalid/acme/api:1', {
    pauses: [600_000],
    signal: controller.signal,
  })
  await expect(pull).rejects.toThrow('superseded')
})
