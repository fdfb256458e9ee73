// Bundles one program into one file, dist/<program>.js, with the build id of its sources inside.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('.', import.meta.url))
const dist = join(root, 'dist')
const recipe = [fileURLToPath(import.meta.url), join(root, 'package-lock.json')]

/** Program → folder of its sources. */
export const programs = {
  'iam-apiserver': 'apiserver',
  'iam-authz-server': 'authz-server',
  'iam-pump': 'pump',
  iamctl: 'iamctl',
  redis: 'redis',
}

/**
 * For the images: everything in one file, so that they need no node_modules. Only sql.js stays outside, for its WebAssembly is
 * a file beside it.
 */
export function bundleForRelease(program) {
  const target = join(dist, `${program}.js`)
  const sources = sourcesOf(program)
  esbuild(target, { entry: entryOf(program), flags: [defineBuildId(sources), '--external:sql.js'] })
  return target
}

/**
 * For a start from the sources, which is to take no longer than it must: nothing where no source is newer than the bundle, else
 * our own files alone. The drivers of the databases are left where npm has put them, and `yaml` is bundled once.
 */
export function bundleForStart(program) {
  const target = join(dist, `${program}.js`)
  const sources = sourcesOf(program)
  const yaml = join(dist, 'yaml.js')
  if (!isCurrent(yaml, recipe)) esbuild(yaml, { input: `export { parse } from 'yaml'`, flags: [] })
  if (!isCurrent(target, sources)) {
    const outside = ['mariadb', 'mongodb', 'sql.js', './yaml.js'].map((name) => `--external:${name}`)
    esbuild(target, {
      entry: entryOf(program),
      flags: [defineBuildId(sources), '--alias:yaml=./yaml.js', ...outside],
    })
  }
  return target
}

/** Replicas may start at the same time: each writes a file of its own and renames it. */
function esbuild(target, { entry, input, flags }) {
  mkdirSync(dist, { recursive: true })
  const temporary = `${target}.${process.pid}.tmp.js`
  const started = new Date()
  const words = [
    ...(entry === undefined ? [] : [entry]),
    `--outfile=${temporary}`,
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--target=node20.19',
    '--log-level=warning',
    '--charset=utf8',
    // Names stay readable in stack traces; the rest only costs time to parse.
    '--minify-whitespace',
    '--minify-syntax',
    // Packages in CommonJS ask for Node's own modules by `require`.
    `--banner:js=import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);`,
    ...flags,
  ]
  try {
    execFileSync(esbuildBinary(), words, { cwd: root, input, stdio: ['pipe', 'inherit', 'inherit'] })
    // As old as what it was made of: an edit during the bundling makes it stale.
    utimesSync(temporary, started, started)
    renameSync(temporary, target)
  } finally {
    rmSync(temporary, { force: true })
  }
}

function entryOf(program) {
  return join(root, programs[program], 'src', 'main.ts')
}

/** Every file of the program and of what is shared, and the folders: a file that was deleted changes nothing but its folder. */
function sourcesOf(program) {
  const folders = ['common', programs[program]].map((folder) => join(root, folder, 'src'))
  const inside = folders.flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true, recursive: true }).map((entry) =>
      join(entry.parentPath, entry.name),
    ),
  )
  return [...recipe, ...folders, ...inside].sort()
}

function isCurrent(target, sources) {
  if (!existsSync(target)) return false
  const { mtimeMs } = statSync(target)
  return sources.every((path) => statSync(path).mtimeMs <= mtimeMs)
}

function defineBuildId(sources) {
  const hash = createHash('sha256')
  for (const path of sources.filter((each) => statSync(each).isFile()))
    hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0')
  return `--define:__BUILD_ID__="${hash.digest('hex').slice(0, 12)}"`
}

/** The program itself: esbuild's own script would start another Node first, its API loads for longer than it bundles. */
function esbuildBinary() {
  const { resolve } = createRequire(import.meta.url)
  const path = process.platform === 'win32' ? 'esbuild.exe' : 'bin/esbuild'
  try {
    return resolve(`@esbuild/${process.platform}-${process.arch}/${path}`)
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
    console.error(`run \`npm ci\` in ${dirname(recipe[1])} first: esbuild is not installed`)
    process.exit(1)
  }
}
