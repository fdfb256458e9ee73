// What `npm run build` does: the programs of the images.
import { bundleForRelease, programs } from './bundle.mjs'

for (const program of Object.keys(programs)) console.log(bundleForRelease(program))
