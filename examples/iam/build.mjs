// What the images and `npm run build` do: the named programs, or all of them.
import { bundleForRelease, programs } from './bundle.mjs'

const named = process.argv.slice(2)
for (const program of named.length > 0 ? named : Object.keys(programs)) console.log(bundleForRelease(program))
