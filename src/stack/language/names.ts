import { pattern } from '../schema/scalars.ts'
import type { KeyRule } from '../schema/types.ts'

/** A DNS label that starts with a letter (RFC 1035): what every target accepts as the name of a thing. */
const dnsLabel = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const dnsLabelWords =
  'a name of lower-case letters, digits and dashes that starts with a letter (at most 63 characters)'

export const names: KeyRule = { expected: dnsLabelWords, pattern: dnsLabel }
export const name = pattern('name', dnsLabelWords, dnsLabel)

/** IANA service name length: what Kubernetes accepts for a port. */
export const portNames: KeyRule = {
  expected: 'a port name of at most 15 lower-case letters, digits and dashes, with a letter among them',
  pattern: /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*$/,
}

export const variableNames: KeyRule = {
  expected: 'a variable name (letters, digits and underscores, not starting with a digit)',
  pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
}

export const environmentNames: KeyRule = {
  expected: 'the name of an environment variable',
  pattern: /^[A-Za-z_][A-Za-z0-9_.-]*$/,
}

/** Keys of configs and secrets become file names. */
export const fileNames: KeyRule = {
  expected: 'a file name (letters, digits, `.`, `_` and `-`)',
  pattern: /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,253}$/,
}

export const containerPaths: KeyRule = {
  expected: 'an absolute path inside the container, without `..`',
  pattern: /^\/(?!.*(?:^|\/)\.\.(?:\/|$))/,
}

export const anyKey: KeyRule = { expected: 'a key' }

export const path = pattern('path', 'a path (relative ones start at the file that states them)', /^[^\0]+$/)
export const portReference = pattern(
  'port',
  'the name of a port, or its number',
  /^(?:[a-z0-9-]{1,15}|\d{1,5})$/,
)
export const signal = pattern('signal', 'a signal such as SIGTERM', /^SIG[A-Z0-9+-]+$/)
export const restartAction = pattern(
  'restart',
  'none, process, container or signal:SIGHUP',
  /^(?:none|process|container|signal:SIG[A-Z0-9]+)$/,
)
export const reloadAction = pattern('reload', 'restart or signal:SIGHUP', /^(?:restart|signal:SIG[A-Z0-9]+)$/)
export const exposure = pattern(
  'exposure',
  'none, internal, local[:port], node[:port], load-balancer[:port] or a host/path',
  /^(?:none|internal|(?:local|node|load-balancer)(?::\d{1,5})?|(?=[^/]*[./])[a-zA-Z0-9*.-]*(?:\/\S*)?)$/,
)
export const target = pattern(
  'service:port',
  'a service and its port, such as `api:http`',
  /^[a-z][a-z0-9-]*:[a-z0-9-]+$/,
)
/** `repository[:tag][@digest]`, or a name under `images`. */
export const imageReference = pattern(
  'image',
  'a name under `images` or a reference such as mariadb:10.11',
  /^(?:[\w.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@[a-z0-9]+:[0-9a-f]{32,})?$/,
)
export const versionRange = pattern(
  'version range',
  'a version range such as ">=1.2" or "^3"',
  /^[\s\d.x*<>=~^|v-]*[\w.+-]*$/,
)
export const cidr = pattern(
  'CIDR',
  'an address range such as 10.0.0.0/16',
  /^(?:\d{1,3}(?:\.\d{1,3}){3}\/\d{1,2}|[0-9a-fA-F:]+\/\d{1,3})$/,
)
export const ipAddress = pattern(
  'IP address',
  'an IP address',
  /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]+)$/,
)
export const platform = pattern(
  'platform',
  'a platform such as linux/amd64',
  /^[a-z0-9]+\/[a-z0-9]+(?:\/v\d+)?$/,
)
export const host = pattern(
  'host',
  'a host name',
  /^(?:\*\.)?[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d{1,5})?$/,
)
export const schedule = pattern(
  'schedule',
  'a cron schedule such as "*/5 * * * *" or @hourly',
  /^(?:@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)|\S+(?:\s+\S+){4})$/,
)
export const account = pattern(
  'AWS account',
  'an AWS account of 12 digits (quoted, so that leading zeros stay)',
  /^\d{12}$/,
)
export const portRange = pattern('port range', 'a range of ports such as 30000-32767', /^\d{1,5}-\d{1,5}$/)
