import { contract } from './suite.ts'

contract('docker-desktop')
