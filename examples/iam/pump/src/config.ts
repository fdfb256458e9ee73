import type { ConfigReader } from '../../common/src/config.ts'
import type { LogLevel } from '../../common/src/log.ts'
import type { RedisAddress } from '../../common/src/redis-connection.ts'
import type { SinkSettings } from './sinks/sink.ts'

export interface PumpConfig {
  readonly host: string
  readonly httpPort: number
  readonly redis: RedisAddress
  readonly sink: SinkSettings
  /** Bearer token of whoever may ask for counts. */
  readonly accessKey: string
  readonly logLevel: LogLevel
}

export function readPumpConfig(config: ConfigReader): PumpConfig {
  return {
    host: config.text('listen.host'),
    httpPort: config.port('listen.http'),
    redis: { host: config.text('redis.host'), port: config.port('redis.port') },
    sink: readSink(config),
    accessKey: config.file('keys.access-file'),
    logLevel: config.logLevel(),
  }
}

function readSink(config: ConfigReader): SinkSettings {
  const kind = config.oneOf('sink.kind', ['mongodb', 'json-lines'])
  switch (kind) {
    case 'mongodb':
      return {
        kind,
        url: config.text('sink.url', { form: /^mongodb:\/\//, expected: 'a mongodb:// address' }),
      }
    case 'json-lines':
      return { kind, file: config.text('sink.file', { most: 4096 }) }
    default:
      return kind satisfies never
  }
}
