// Runs a program straight from its sources: node start.mjs PROGRAM [arguments]
// One process: bundling takes less than Node's own start, and only after an edit.
import { pathToFileURL } from 'node:url'
import { bundleForStart, programs } from './bundle.mjs'

const [program, ...words] = process.argv.slice(2)
if (!Object.hasOwn(programs, program)) {
  console.error(`usage: node start.mjs ${Object.keys(programs).join('|')} [arguments]`)
  process.exit(2)
}
const file = bundled()
process.argv = [process.argv[0], file, ...words]
await import(pathToFileURL(file).href)

function bundled() {
  try {
    return bundleForStart(program)
  } catch (error) {
    // With a status it is the bundler's, which has said what is wrong with the sources.
    if (error.status === undefined) throw error
    process.exit(1)
  }
}
