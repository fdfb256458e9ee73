/** Our words for what the YAML parser finds; its own messages speak of tokens and indicators. */
export interface YamlFinding {
  readonly code: string
  readonly message: string
  readonly hint?: string
}

/** `parserCode` is one of the parser's error codes, `message` its text, for the details that only it knows. */
export function yamlFinding(parserCode: string, message: string): YamlFinding {
  const known = findings[parserCode]
  return known ? known(message) : { code: 'yaml/syntax', message: sentence(message) }
}

const findings: Readonly<Record<string, (message: string) => YamlFinding>> = {
  TAB_AS_INDENT: () => ({
    code: 'yaml/tab',
    message: 'a tab cannot indent a line: YAML indents with spaces only',
    hint: 'replace the tab by spaces (most editors: "convert indentation to spaces")',
  }),
  MULTIPLE_DOCS: () => ({
    code: 'yaml/many-documents',
    message: 'a second document begins here; a stack file holds one',
    hint: 'remove the `---`, or move what follows to a file of its own and name it under `include`',
  }),
  BLOCK_AS_IMPLICIT_KEY: () => ({
    code: 'yaml/nesting',
    message: 'a second `key: value` cannot stand here',
    hint: 'quote the value if its `: ` is text; else indent the keys below on lines of their own, all by the same amount',
  }),
  MULTILINE_IMPLICIT_KEY: () => ({
    code: 'yaml/nesting',
    message: 'a key must be on one line',
    hint: 'the line above has a value already, so this line cannot be nested below it: check the indentation',
  }),
  BAD_INDENT: (message) => ({
    code: 'yaml/indentation',
    ...(message.startsWith('Flow ')
      ? {
          message: 'this bracket is not closed where its indentation ends',
          hint: 'close it; what it holds is indented deeper than its key',
        }
      : { message: sentence(message), hint: 'keys of one map start in the same column' }),
  }),
  MISSING_CHAR: missingCharacter,
  BAD_SCALAR_START: (message) => ({
    code: 'yaml/quote',
    message: `an unquoted value cannot start with ${message.slice(-1)}`,
    hint: 'put the value in quotes',
  }),
  BAD_DQ_ESCAPE: (message) => ({
    code: 'yaml/escape',
    message: sentence(message),
    hint: "use single quotes '…' where a backslash is meant as it is",
  }),
  TAG_RESOLVE_FAILED: (message) => ({
    code: 'yaml/tag',
    message: `${message.replace(/^Unresolved tag: /, '')} is a tag, and tags have no meaning here`,
    hint: 'remove the tag, or quote the value if it should start with `!`',
  }),
  KEY_OVER_1024_CHARS: () => ({ code: 'yaml/syntax', message: 'a key is longer than 1024 characters' }),
  RESOURCE_EXHAUSTION: () => tooDeep,
  BAD_DIRECTIVE: (message) => ({ code: 'yaml/directive', message: sentence(message) }),
}

export const tooDeep: YamlFinding = {
  code: 'yaml/too-deep',
  message: 'lists and maps are nested too deeply',
  hint: 'no part of a stack needs more than a dozen levels: look for a bracket that is never closed',
}

function missingCharacter(message: string): YamlFinding {
  if (message.startsWith('Missing closing')) {
    return { code: 'yaml/unclosed', message: 'this quote is never closed', hint: 'add the closing quote' }
  }
  if (message.startsWith('Implicit map keys')) {
    return {
      code: 'yaml/syntax',
      message: 'a `key: value` is expected here, and the `:` is missing',
      hint: 'write `key: value` with a space after the colon',
    }
  }
  if (message.includes('must end with')) {
    return {
      code: 'yaml/unclosed',
      message: `this bracket is never closed: a ${message.slice(-1)} is missing`,
      hint: 'close it',
    }
  }
  return {
    code: 'yaml/syntax',
    message: sentence(message),
    hint: 'separate the members by commas, or quote the value',
  }
}

function sentence(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1)
}
