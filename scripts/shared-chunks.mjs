// Which modules share one chunk of the bundle. esbuild makes a chunk for every set of entries that a module is reached from, so
// modules used here and there end in dozens of small files, and reading, compiling and linking those takes longer than what a
// command does. Modules that all of a layer's entries reach together are one set, and so one file.
import { readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/** From what every command loads to what few do; a module belongs to the first layer that reaches it. */
const layers = [
  ['src/cli.ts'],
  ['src/commands/validate.ts'],
  ['src/commands/plan.ts', 'src/commands/up.ts'],
  ['src/drivers/compose/compose-driver.ts', 'src/platform/engine/find.ts', 'src/drivers/inner-lookup.ts'],
  ['src/images/identify-all.ts'],
  ['src/drivers/process/process-driver.ts'],
  ['src/drivers/kubernetes/kubernetes-driver.ts'],
  ['src/clusters/kind.ts', 'src/clusters/docker-desktop.ts', 'src/clusters/existing.ts'],
]

/** A plugin for a second build, from the metafile of a first one: an entry that needs one module of a layer loads the layer. */
export function sharedChunks(root, { inputs }) {
  for (const entry of layers.flat())
    if (!inputs[entry])
      throw new Error(`${entry} is not part of the bundle: see layers in ${import.meta.url}`)
  const entries = entriesOf(inputs)
  const members = membersOf(inputs)
  const layersOf = (entry) => {
    const reached = reachedFrom(inputs, entry)
    return members.flatMap((files, layer) => (files.some((file) => reached.has(file)) ? [layer] : []))
  }
  return {
    name: 'shared-chunks',
    setup(build) {
      build.onResolve({ filter: /^layer:\d+$/ }, ({ path }) => ({ path, namespace: 'layer' }))
      build.onLoad({ filter: /.*/, namespace: 'layer' }, ({ path }) => {
        const files = members[Number(path.slice('layer:'.length))]
        return { contents: files.map((file) => importOf(join(root, file))).join('\n'), resolveDir: root }
      })
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const file = relative(root, path).split(sep).join('/')
        if (!entries.has(file)) return undefined
        const imports = layersOf(file).map((layer) => importOf(`layer:${layer}`))
        return { contents: [await readFile(path, 'utf8'), ...imports].join('\n'), loader: 'ts' }
      })
    },
  }
}

const importOf = (path) => `import ${JSON.stringify(path)}`

/** Where chunks begin: the program, and whatever it loads late. */
function entriesOf(inputs) {
  const late = Object.values(inputs).flatMap(({ imports }) =>
    imports.filter(({ kind, path }) => kind === 'dynamic-import' && inputs[path]).map(({ path }) => path),
  )
  return new Set(['src/cli.ts', ...late])
}

/** Our own modules of each layer. Packages follow whoever imports them. */
function membersOf(inputs) {
  const placed = new Set(layers.flat())
  return layers.map((roots) => {
    const reached = roots.flatMap((entry) => [...reachedFrom(inputs, entry)])
    const files = [...new Set(reached)].filter((file) => /^(src|tui)\//.test(file) && !placed.has(file))
    for (const file of files) placed.add(file)
    return files
  })
}

/** What is loaded together with a module, itself included. */
function reachedFrom(inputs, start) {
  const reached = new Set()
  const visit = (file) => {
    if (reached.has(file) || !inputs[file]) return
    reached.add(file)
    for (const { kind, path } of inputs[file].imports) if (kind === 'import-statement') visit(path)
  }
  visit(start)
  return reached
}
