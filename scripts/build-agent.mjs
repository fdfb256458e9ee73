// Builds agent/ for the Linux of containers into dist/agent/: static, and byte for byte the same wherever it is built with one Go.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const architectures = ['amd64', 'arm64']

/** `built`, `current` where dist/agent/ is of these sources already, `left out` where there is no Go. */
export async function buildAgent(root, { quiet = false } = {}) {
  const kept = await compiledAgents(root)
  if (kept === undefined) {
    if (!quiet)
      console.log('agent: left out, there is no go on PATH; `dev` goes through shells and the archive API')
    return 'left out'
  }
  const folder = join(root, 'dist', 'agent')
  await mkdir(folder, { recursive: true })
  let isCurrent = true
  for (const name of architectures) {
    const [wanted, there] = [join(kept, fileOf(name)), join(folder, fileOf(name))]
    if (await isSame(wanted, there)) continue
    isCurrent = false
    await copyFile(wanted, `${there}.${process.pid}`)
    await rename(`${there}.${process.pid}`, there)
  }
  return isCurrent ? 'current' : 'built'
}

/**
 * The folder with an agent of these sources for each architecture, compiled now or before; undefined where there is no Go. It is
 * in node_modules/.cache, because a build of the bundle empties dist/.
 */
export async function compiledAgents(root) {
  const kept = join(root, 'node_modules', '.cache', 'iamstack-agent', await fingerprint(root))
  if (architectures.every((name) => existsSync(join(kept, fileOf(name))))) return kept
  const fresh = `${kept}.${process.pid}`
  if (!compile(root, fresh)) return undefined
  await rename(fresh, kept).catch(async (error) => {
    // Another build was faster, and made the same.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    await rm(fresh, { recursive: true })
  })
  return kept
}

/** Compiles for each architecture into a folder; false where there is no Go. */
export function compile(root, folder) {
  for (const architecture of architectures) {
    const { error, status, stderr } = spawnSync(
      'go',
      [
        'build',
        '-trimpath',
        '-buildvcs=false',
        '-ldflags',
        '-s -w -buildid=',
        '-o',
        join(folder, fileOf(architecture)),
        '.',
      ],
      { cwd: join(root, 'agent'), encoding: 'utf8', env: environment(architecture) },
    )
    if (error?.code === 'ENOENT') return false
    if (error) throw error
    if (status !== 0) throw new Error(`go build for ${architecture} ended with ${status}:\n${stderr}`)
  }
  return true
}

/** Nothing of the person's own settings gets in: no modules from elsewhere, no flags, no cgo. */
function environment(architecture) {
  return {
    ...process.env,
    CGO_ENABLED: '0',
    GOOS: 'linux',
    GOARCH: architecture,
    GOAMD64: 'v1',
    GOARM64: 'v8.0',
    GOFLAGS: '',
    GOEXPERIMENT: '',
    GOWORK: 'off',
    GOPROXY: 'off',
  }
}

async function fingerprint(root) {
  const hash = createHash('sha256')
  const folder = join(root, 'agent')
  const names = (await readdir(folder)).filter((name) => /\.go$|^go\.mod$/.test(name)).sort()
  for (const path of [...names.map((name) => join(folder, name)), fileURLToPath(import.meta.url)])
    hash.update(`${relative(root, path)}\0`).update(await readFile(path))
  return hash.digest('hex').slice(0, 16)
}

async function isSame(wanted, there) {
  if (!existsSync(there)) return false
  const [a, b] = await Promise.all([readFile(wanted), readFile(there)])
  return a.equals(b)
}

function fileOf(architecture) {
  return `agent-linux-${architecture}`
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(`agent: ${await buildAgent(fileURLToPath(new URL('..', import.meta.url)))}`)
