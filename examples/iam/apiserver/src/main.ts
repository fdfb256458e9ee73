import { createLog, reasonOf } from '../../common/src/log.ts'
import { configPath, runProgram } from '../../common/src/program.ts'

const [command = 'serve', ...options] = process.argv.slice(2)
switch (command) {
  case 'serve': {
    const { serveApi } = await import('./serve.ts')
    await runProgram('iam-apiserver', (shutdown) => serveApi(configPath(options, 'iam-apiserver'), shutdown))
    break
  }
  case 'migrate':
    try {
      const { runMigrate } = await import('./run-migrate.ts')
      await runMigrate(configPath(options, 'iam-migrate'))
    } catch (error) {
      createLog('iam-migrate').error('migration failed', { reason: reasonOf(error) })
      process.exit(1)
    }
    break
  default:
    process.stderr.write(`iam-apiserver: unknown command ${command}; there are serve and migrate\n`)
    process.exit(2)
}
