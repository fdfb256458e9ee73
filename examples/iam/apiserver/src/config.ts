import type { ConfigReader } from '../../common/src/config.ts'
import { readTls } from '../../common/src/config.ts'
import type { TlsFiles } from '../../common/src/http-server.ts'
import type { LogLevel } from '../../common/src/log.ts'
import type { RedisAddress } from '../../common/src/redis-connection.ts'
import type { DatabaseSettings } from './database/database.ts'

export interface ApiserverConfig {
  readonly host: string
  readonly httpPort: number
  readonly httpsPort: number
  readonly tls: TlsFiles
  readonly database: DatabaseSettings
  readonly redis: RedisAddress
  /** Signs the tokens that `POST /login` hands out. */
  readonly tokenKey: string
  /** Shared with the authz-server: signs the token that it loads its snapshot with. */
  readonly serviceKey: string
  readonly logLevel: LogLevel
}

export function readApiserverConfig(config: ConfigReader): ApiserverConfig {
  return {
    host: config.text('listen.host'),
    httpPort: config.port('listen.http'),
    httpsPort: config.port('listen.https'),
    tls: readTls(config),
    database: readDatabase(config),
    redis: { host: config.text('redis.host'), port: config.port('redis.port') },
    tokenKey: config.file('keys.token-file'),
    serviceKey: config.file('keys.service-file'),
    logLevel: config.logLevel(),
  }
}

export interface MigrateConfig {
  readonly database: DatabaseSettings
  readonly adminPassword: string
  readonly logLevel: LogLevel
}

export function readMigrateConfig(config: ConfigReader): MigrateConfig {
  return {
    database: readDatabase(config),
    adminPassword: config.file('admin.password-file'),
    logLevel: config.logLevel(),
  }
}

function readDatabase(config: ConfigReader): DatabaseSettings {
  const engine = config.oneOf('database.engine', ['mariadb', 'sqlite'])
  switch (engine) {
    case 'sqlite':
      return { engine, file: config.text('database.file', { most: 4096 }) }
    case 'mariadb':
      return {
        engine,
        host: config.text('database.host'),
        port: config.port('database.port'),
        name: config.text('database.name'),
        user: config.text('database.user'),
        password: config.file('database.password-file'),
      }
    default:
      return engine satisfies never
  }
}
