import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { ConfigError } from './config-error.ts'
import { fieldsOf, type Fields } from './fields.ts'
import type { TlsFiles } from './http-server.ts'
import { logLevels, reasonOf, type LogLevel } from './log.ts'

export interface ConfigReader extends Fields {
  /** The content of the file that `path` names, without the line break at its end; for passwords and keys. */
  file(path: string): string
  port(path: string): number
  logLevel(): LogLevel
}

/** Reads a YAML file and hands it to `read`, whose mistakes are reported all at once as a ConfigError. */
export async function loadConfig<T>(file: string, read: (config: ConfigReader) => T): Promise<T> {
  const config = readerOf(parseYaml(file, await readText(file)))
  const value = read(config)
  if (config.problems.length > 0) throw new ConfigError(`${file}: ${config.problems.join('; ')}`)
  return value
}

/** `<leaf>.crt`, `<leaf>.key` and the `ca.crt` that signed them, from the folder and leaf that `tls` names. */
export function readTls(config: ConfigReader): TlsFiles {
  const directory = config.text('tls.directory', { most: 4096 })
  const leaf = config.text('tls.leaf')
  const read = (name: string): Buffer => readPart(config, join(directory, name))
  return { ca: read('ca.crt'), cert: read(`${leaf}.crt`), key: read(`${leaf}.key`) }
}

function readerOf(root: unknown): ConfigReader {
  const fields = fieldsOf(root)
  const config: ConfigReader = {
    ...fields,
    file(path) {
      const name = config.text(path, { most: 4096 })
      if (name === '') return ''
      const content = readPart(config, name)
        .toString('utf8')
        .replace(/\r?\n$/, '')
      if (content === '') config.reject(`${path}: ${name} is empty`)
      return content
    },
    port: (path) => config.integer(path, { least: 1, most: 65_535 }),
    logLevel: () => config.oneOf('log.level', logLevels, 'info'),
  }
  return config
}

function readPart(config: ConfigReader, name: string): Buffer {
  try {
    return readFileSync(name)
  } catch (error) {
    config.reject(reasonOf(error))
    return Buffer.alloc(0)
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`the configuration cannot be read: ${reasonOf(error)}`)
  }
}

function parseYaml(file: string, text: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    throw new ConfigError(`${file}: ${reasonOf(error)}`)
  }
}
