import { loadConfig } from '../../common/src/config.ts'
import { reasonOf } from '../../common/src/log.ts'
import { runProgram } from '../../common/src/program.ts'
import { buildId } from '../../common/src/version.ts'
import { createClient } from './client.ts'
import { runCommand, UsageError } from './commands.ts'
import { readCtlConfig } from './config.ts'
import { runSuite, suiteNames } from './smoke/suites.ts'

const usage = `usage: iamctl [--config FILE] COMMAND

  user|secret|policy list [--owner NAME]
  user|secret|policy get|delete NAME [--owner NAME]
  user create NAME --email ADDRESS --password-file FILE
  secret create NAME [--description TEXT] [--expires TIME]
  policy create NAME --file FILE
  test ${suiteNames.join('|')}
  idle       waits to be stopped: what the container does between two commands
  version

FILE may be - for standard input. The configuration is --config, else $IAMCTL_CONFIG, else /etc/iam/iamctl.yaml.
`

process.exitCode = await run(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`iamctl: ${reasonOf(error)}\n${error instanceof UsageError ? `\n${usage}` : ''}`)
  return error instanceof UsageError ? 2 : 1
})

/** Resolves with the exit code. */
async function run(argv: readonly string[]): Promise<number> {
  const { file, words } = takeConfig(argv)
  const [command, ...rest] = words
  if (command === undefined || command === 'help' || command === '--help') return print(usage)
  if (command === 'version') return print(`${buildId}\n`)
  if (command === 'idle') return idle()
  const [suite = ''] = rest
  if (command === 'test' && !suiteNames.includes(suite)) throw new UsageError(`unknown test ${suite}`)
  const config = await loadConfig(file, readCtlConfig)
  const client = createClient(config)
  if (command !== 'test') return print(await runCommand(client, words))
  return (await runSuite(suite, client, config.adminPassword, (line) => void print(`${line}\n`))) ? 0 : 1
}

function takeConfig(argv: readonly string[]): { file: string; words: readonly string[] } {
  const [first, file = '', ...words] = argv
  if (first === '--config') return { file, words }
  return { file: process.env['IAMCTL_CONFIG'] ?? '/etc/iam/iamctl.yaml', words: argv }
}

async function idle(): Promise<number> {
  await runProgram('iamctl', (shutdown) => {
    const waiting = setInterval(() => undefined, 2 ** 30)
    shutdown.add(() => clearInterval(waiting))
    return Promise.resolve()
  })
  return 0
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
