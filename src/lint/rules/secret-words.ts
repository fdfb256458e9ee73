/** Whether a name is that of a secret: `DB_PASSWORD`, `api-token`, `mysql.password`; not `PASSWORD_FILE` or `token_ttl`. */
export function looksSecret(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
  const last = words.at(-1) ?? ''
  const lastTwo = words.slice(-2).join(' ')
  return (
    /^(password|passwd|passphrase|pwd|secret|secrets|token|credentials?|apikey)$/.test(last) ||
    [
      'api key',
      'access key',
      'secret key',
      'private key',
      'jwt key',
      'encryption key',
      'signing key',
    ].includes(lastTwo)
  )
}

/** Whether a text holds a private key in PEM. */
export function holdsPrivateKey(text: string): boolean {
  return /-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----/.test(text)
}

/** `password: hunter2` in a configuration; not where a variable, a path or nothing stands for it. */
export function secretLineIn(text: string): string | undefined {
  for (const line of text.split('\n')) {
    const match = /^\s*["']?([A-Za-z0-9_.-]+)["']?\s*[:=]\s*["']?([^\s"'#]+)/.exec(line)
    const [, name = '', value = ''] = match ?? []
    if (match && looksSecret(name) && !/^(\$|\/|\{\{|null$|true$|false$|<|\*+$)/.test(value)) return name
  }
  return undefined
}
