import { contract } from './suite.ts'

contract('docker-desktop')
contract('kind')
