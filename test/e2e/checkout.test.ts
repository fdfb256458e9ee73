import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { isDockerWanted, sandbox, urlOf, type Sandbox } from './cli.ts'

const perService = 2500
const services = ['a', 'b']

describe.runIf(isDockerWanted)('dev on compose', () => {
  test('branches of 5000 files switched back and forth under two builds: one update per service, nothing stale (S125, S126)', async () => {
    const box = sandbox('compose')
    box.write({
      'iamstack.yaml': `name: ${box.name}
images: { a: ./a, b: ./b }
services:
${services.map(serviceText).join('')}`,
      ...Object.fromEntries(services.map((name) => [`${name}/Dockerfile`, dockerfile])),
    })
    const git = (...words: string[]): void => {
      const own = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'core.hooksPath=']
      execFileSync('git', [...own, ...words], { cwd: box.folder, stdio: 'ignore' })
    }
    git('init', '--initial-branch=one')
    const answers = new Map<string, string>()
    for (const branch of ['one', 'two', 'three']) {
      if (branch !== 'one') git('checkout', '-b', branch)
      answers.set(branch, fill(box, branch))
      git('add', '--all')
      git('commit', '--message', branch)
    }
    git('checkout', 'one')
    const on = ['--profile', 'compose']
    const dev = box.start(['dev', ...on, '--progress', 'json', '--no-smoke'], { patience: 300_000 })
    await dev.event('message.reported', ({ text }) => text.startsWith('watching'))
    const urls = await Promise.all(services.map((name) => urlOf(box, on, name)))
    const served = new Set<string>()
    const ask = async (url: string): Promise<string> => {
      const answer = await fetch(url, { headers: { connection: 'close' } }).then(
        (response) => response.text(),
        () => '',
      )
      // In between nobody may answer: there is one replica, and no gateway before it.
      if (answer !== '') served.add(answer.trim())
      return answer.trim()
    }
    dev.forget()
    const began = (count: number): Promise<void> =>
      vi.waitFor(() => expect(buildsOf('step.started')).toHaveLength(count), { timeout: 60_000 })
    const buildsOf = (type: 'step.started' | 'step.finished' | 'step.cancelled'): string[] =>
      dev
        .events()
        .flatMap((event) => (event.type === type && event.step.startsWith('build ') ? [event.step] : []))

    git('checkout', 'two')
    await began(2)
    await sleep(500)
    git('checkout', 'three')
    await began(4)
    git('checkout', 'one')
    git('checkout', 'three')
    await vi.waitFor(
      async () => {
        for (const url of urls) expect(await ask(url)).toBe(answers.get('three'))
      },
      { timeout: 120_000, interval: 100 },
    )
    expect([...served].sort()).toEqual([answers.get('one'), answers.get('three')].sort())
    expect(buildsOf('step.finished').sort()).toEqual(['build image/a', 'build image/b'])
    expect(buildsOf('step.cancelled')).toEqual(expect.arrayContaining(['build image/a', 'build image/b']))
    dev.kill('SIGINT')
    expect((await dev.ended).code, dev.output()).toBe(0)
    await box.succeed(['down', ...on, '--all', '--yes'])
    expect(box.traces()).toEqual({ processes: [], docker: [], cluster: [], files: [] })
  })
})

/** Takes long enough that something can happen meanwhile; serves a digest of all its files. */
const dockerfile = `FROM busybox:stable
WORKDIR /w
COPY src ./src
RUN sleep 3; cat src/* | sha256sum | cut -c1-64 > index.html
CMD ["httpd", "-f", "-p", "8000", "-h", "/w"]
`

function serviceText(name: string): string {
  return `  ${name}:
    image: ${name}
    ports: { http: 8000 }
    expose: { http: local }
    health: { http: /, port: http }
    stop: { grace: 1s }
`
}

/** The files of a branch, and what both services answer when they are made from them. */
function fill(box: Sandbox, branch: string): string {
  const whole = createHash('sha256')
  for (const name of services) mkdirSync(join(box.folder, name, 'src'), { recursive: true })
  for (let number = 0; number < perService; number += 1) {
    const text = `${branch} ${number}\n`
    whole.update(text)
    for (const name of services)
      writeFileSync(join(box.folder, name, 'src', String(number).padStart(5, '0')), text)
  }
  return whole.digest('hex')
}
