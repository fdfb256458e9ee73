import type { ExecRequest } from '../driver.ts'

/**
 * Kubernetes starts a command in the image's folder with the container's variables and can be told no others, so a program of
 * the image sets them: `env`, and `sh` where another folder is wanted.
 */
export function wrappedCommand({
  command,
  env,
  workingDir,
}: Pick<ExecRequest, 'command' | 'env' | 'workingDir'>): string[] {
  const withEnv =
    env.size === 0
      ? [...command]
      : ['env', ...[...env].map(([name, value]) => `${name}=${value}`), ...command]
  return workingDir === undefined ? withEnv : ['sh', '-c', 'cd "$0" && exec "$@"', workingDir, ...withEnv]
}

/** The program of the image that a command needs besides its own. */
export function wrapperOf({ env, workingDir }: Pick<ExecRequest, 'env' | 'workingDir'>): string | undefined {
  if (workingDir !== undefined) return 'sh'
  return env.size > 0 ? 'env' : undefined
}
