/** Severities in rising order; a logger leaves out what is below its own. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof logLevels)[number]

export type LogFields = Readonly<Record<string, string | number | boolean>>

/** One JSON object a line on stdout: `time`, `level`, `program`, `message`, then the fields. */
export type Log = Readonly<Record<LogLevel, (message: string, fields?: LogFields) => void>>

export function createLog(
  program: string,
  least: LogLevel = 'info',
  write: (line: string) => void = (line) => void process.stdout.write(line),
): Log {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (logLevels.indexOf(level) < logLevels.indexOf(least)) return
      write(`${JSON.stringify({ time: new Date().toISOString(), level, program, message, ...fields })}\n`)
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** What went wrong, in one line, whatever was thrown. A connection that several addresses refused has an empty message. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ')
  return (error instanceof Error ? error.message : String(error)).replaceAll('\n', ' ')
}
