import { readTls, type ConfigReader } from '../../common/src/config.ts'
import type { TlsFiles } from '../../common/src/http-server.ts'

export interface CtlConfig {
  /** Addresses of the three servers, without a slash at the end. */
  readonly apiserver: string
  readonly authz: string
  readonly pump: string
  /** The authority to trust, and the client certificate that says who calls. */
  readonly tls: TlsFiles
  readonly adminPassword: string
  readonly pumpKey: string
}

export function readCtlConfig(config: ConfigReader): CtlConfig {
  const url = (path: string): string =>
    config.text(path, { form: /^https?:\/\/.*[^/]$/, expected: 'an address without a slash at its end' })
  return {
    apiserver: url('servers.apiserver'),
    authz: url('servers.authz'),
    pump: url('servers.pump'),
    tls: readTls(config),
    adminPassword: config.file('admin.password-file'),
    pumpKey: config.file('keys.pump-file'),
  }
}
