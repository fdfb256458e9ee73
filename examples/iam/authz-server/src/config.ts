import { readTls, type ConfigReader } from '../../common/src/config.ts'
import type { TlsFiles } from '../../common/src/http-server.ts'
import type { LogLevel } from '../../common/src/log.ts'
import type { RedisAddress } from '../../common/src/redis-connection.ts'

export interface AuthzConfig {
  readonly host: string
  readonly httpPort: number
  readonly httpsPort: number
  readonly tls: TlsFiles
  readonly redis: RedisAddress
  /** `https://host:port` of the apiserver. */
  readonly apiserver: string
  readonly serviceKey: string
  readonly logLevel: LogLevel
}

export function readAuthzConfig(config: ConfigReader): AuthzConfig {
  return {
    host: config.text('listen.host'),
    httpPort: config.port('listen.http'),
    httpsPort: config.port('listen.https'),
    tls: readTls(config),
    redis: { host: config.text('redis.host'), port: config.port('redis.port') },
    apiserver: config.text('apiserver.url', { form: /^https:\/\//, expected: 'a https:// address' }),
    serviceKey: config.file('keys.service-file'),
    logLevel: config.logLevel(),
  }
}
