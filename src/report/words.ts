/** `12:41:04.112`, local time. */
export function clockTime(epochMilliseconds: number): string {
  const date = new Date(epochMilliseconds)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

/** `3 ms`, `1.49 s`, `2 min 5 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`
  const seconds = Math.round(milliseconds / 1000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** `12s`, `5m`, `3h`, `2d`: the age of something, as short as a table wants it. */
export function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}

/** Control characters of foreign text (logs, engine messages) are shown, never obeyed: escape sequences go, others become `·`. */
export function visible(text: string): string {
  return text.replace(escapeSequences, '').replace(controlCharacters, '·')
}

/* eslint-disable no-control-regex -- these are the very characters that must not reach a terminal */
const escapeSequences = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)|[@-Z\\-_])/g
const controlCharacters = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g
/* eslint-enable no-control-regex */

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
