/** Program and arguments that run the session of a state folder: this very program. */
export function sessionCommand(state: string): string[] {
  return [process.execPath, ...process.execArgv, process.argv[1] ?? '', '__session', state]
}
