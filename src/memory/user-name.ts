import { userInfo } from 'node:os'

/** Who runs this. In containers a user may have a number and no name. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `user ${String(process.getuid?.() ?? 'unknown')}`
  }
}
