import { targets } from '../e2e/cli.ts'
import { contract } from './suite.ts'

for (const target of targets) contract(target)
