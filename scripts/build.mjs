// Bundles src/ into dist/: one entry, split chunks, so that a command loads only what it uses. See docs/decisions/0002-bundle.md.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sharedChunks } from './shared-chunks.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Builds when a source is newer than the bundle's stamp, or always with --force. */
export async function build({ force = false } = {}) {
  const stamp = await fingerprint()
  const stampFile = join(root, 'dist', '.stamp')
  if (!force && existsSync(stampFile) && (await readFile(stampFile, 'utf8')) === stamp) return false
  const esbuild = await import('esbuild')
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  await rm(join(root, 'dist'), { recursive: true, force: true })
  await mkdir(join(root, 'dist'))
  const options = {
    absWorkingDir: root,
    entryPoints: { cli: 'src/cli.ts' },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: 'linked',
    metafile: true,
    logLevel: 'warning',
    // Loaded from node_modules when they are used at all: native parts, files beside the code, or dynamic requires.
    // The SDK of AWS imports its ways to credentials by name while it runs, and a bundle of CommonJS has no names.
    external: [
      '@aws-sdk/*',
      '@peculiar/x509',
      '@smithy/*',
      'blessed',
      'cpu-features',
      'docker-modem',
      'dockerode',
      'fsevents',
      'ssh2',
    ],
    define: {
      __IAMSTACK_VERSION__: JSON.stringify(manifest.version),
      __IAMSTACK_BUILD__: JSON.stringify(stamp.slice(0, 16)),
    },
    banner: { js: requireBanner },
  }
  const { metafile } = await esbuild.build({ ...options, plugins: [lateSegmenter], write: false })
  const plugins = [lateSegmenter, sharedChunks(root, metafile)]
  const result = await esbuild.build({ ...options, plugins })
  await keepRequireWhereUsed(Object.keys(result.metafile.outputs))
  await writeFile(join(root, 'dist', 'meta.json'), JSON.stringify(result.metafile))
  const entry = join(root, 'dist', 'cli.js')
  await writeFile(entry, `#!/usr/bin/env node\n${(await readFile(entry, 'utf8')).replace(/^#!.*\n/, '')}`)
  await chmod(entry, 0o755)
  await putAgent()
  // Last: an interrupted build is made anew.
  await writeFile(stampFile, stamp)
  return true
}

/** What CommonJS packages in the bundle require of Node. */
const requireBanner =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);"

/**
 * esbuild writes a banner into every file, and has files load its helpers that do not use them. Only one file reads what the
 * banner makes, and making it takes milliseconds.
 */
async function keepRequireWhereUsed(outputs) {
  const paths = outputs.filter((each) => each.endsWith('.js')).map((each) => join(root, each))
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')))
  const usesRequire = (text) => /\brequire\b/.test(text.replace(requireBanner, ''))
  const helpers = paths.filter((_, index) => usesRequire(texts[index])).map((path) => basename(path))
  for (const [index, text] of texts.entries()) {
    if (usesRequire(text)) continue
    const without = helpers.reduce((rest, file) => rest.replace(`import"./${file}";`, ''), text)
    await writeFile(paths[index], without.replace(requireBanner, ''))
  }
}

/** The program that runs inside containers during `dev`, for every architecture, and what its image is made from. */
async function putAgent() {
  const { buildAgent } = await import('./build-agent.mjs')
  if ((await buildAgent(root)) === 'left out') return
  await copyFile(join(root, 'agent', 'Dockerfile'), join(root, 'dist', 'agent', 'Dockerfile'))
}

/**
 * string-width makes a segmenter while it loads, which takes as long as starting Node: most commands never measure anything but
 * plain text. It is made at the first use instead.
 */
const lateSegmenter = {
  name: 'late-segmenter',
  setup(build) {
    build.onLoad({ filter: /[\\/]string-width[\\/]index\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      const eager = 'const segmenter = new Intl.Segmenter();'
      if (!text.includes(eager))
        throw new Error(`${path} is not what it was: see lateSegmenter in scripts/build.mjs`)
      const late =
        'let made; const segmenter = {segment: (text) => (made ??= new Intl.Segmenter()).segment(text)};'
      return { contents: text.replace(eager, late), loader: 'js' }
    })
  },
}

async function fingerprint() {
  const hash = createHash('sha256')
  for (const file of [
    ...(await sources(join(root, 'src'))),
    ...(await sources(join(root, 'agent'))),
    ...(await sources(join(root, 'tui'))),
    join(root, 'package.json'),
    join(root, 'package-lock.json'),
    fileURLToPath(import.meta.url),
    join(root, 'scripts', 'shared-chunks.mjs'),
  ]) {
    const { mtimeMs, size } = await stat(file)
    hash.update(`${file} ${mtimeMs} ${size}\n`)
  }
  return hash.digest('hex')
}

async function sources(folder) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const isBuilt = await build({ force: process.argv.includes('--force') })
  console.log(isBuilt ? 'built dist/' : 'dist/ is up to date')
}
