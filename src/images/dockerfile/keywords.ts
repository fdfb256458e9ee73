/** The eighteen instructions, lower case. */
export const keywords = [
  ...[
    'add',
    'arg',
    'cmd',
    'copy',
    'entrypoint',
    'env',
    'expose',
    'from',
    'healthcheck',
    'label',
    'maintainer',
  ],
  ...['onbuild', 'run', 'shell', 'stopsignal', 'user', 'volume', 'workdir'],
] as const

export function takesHeredocs(keyword: string): boolean {
  return ['run', 'copy', 'add'].includes(keyword.toLowerCase())
}
