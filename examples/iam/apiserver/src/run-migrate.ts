import { fileURLToPath } from 'node:url'
import { loadConfig } from '../../common/src/config.ts'
import { createLog } from '../../common/src/log.ts'
import { readMigrateConfig } from './config.ts'
import { openDatabase } from './database/database.ts'
import { migrate, readMigrations } from './database/migrate.ts'
import { ensureAdmin } from './users.ts'

/** Beside the folder that the program lies in, in the image as in the sources. */
const schemaFolder = fileURLToPath(new URL('../schema', import.meta.url))

/** Brings the schema up to date and makes sure of the administrator. Waits for nothing: the stack has ordered it. */
export async function runMigrate(configFile: string): Promise<void> {
  const config = await loadConfig(configFile, readMigrateConfig)
  const log = createLog('iam-migrate', config.logLevel)
  const database = await openDatabase(config.database)
  try {
    await migrate(database, await readMigrations(schemaFolder), ({ version, file }) =>
      log.info('migration applied', { version, file }),
    )
    log.info('schema is up to date', { admin: await ensureAdmin(database, config.adminPassword) })
  } finally {
    await database.close()
  }
}
