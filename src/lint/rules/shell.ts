import type { Instruction, RunInstruction } from '../../images/dockerfile/instructions.ts'
import type { Span } from '../../stack/diagnostics.ts'

interface PackageManager {
  readonly installs: RegExp
  /** How a layer is left clean. */
  readonly cleans: RegExp
  readonly what: string
  readonly hint: string
}

const managers: readonly PackageManager[] = [
  {
    installs: /\bapt(-get)? (-\S+ )*(install|update)\b/,
    cleans: /rm -\w+ \S*\/var\/lib\/apt\/lists|rm -\w+ .*\/var\/lib\/apt\/lists/,
    what: 'the package lists of apt',
    hint: 'end it with && rm -rf /var/lib/apt/lists/*',
  },
  {
    installs: /\bapk (-\S+ )*add\b/,
    cleans: /--no-cache|rm -\w+ \/var\/cache\/apk/,
    what: 'the cache of apk',
    hint: 'write apk add --no-cache',
  },
  {
    installs: /\b(yum|dnf|microdnf) (-\S+ )*install\b/,
    cleans: /\b(yum|dnf|microdnf) (-\S+ )*clean all\b/,
    what: 'the cache of yum',
    hint: 'end it with && yum clean all',
  },
  {
    installs: /\bpip3? (-\S+ )*install\b/,
    cleans: /--no-cache-dir|PIP_NO_CACHE_DIR/,
    what: 'the cache of pip',
    hint: 'write pip install --no-cache-dir',
  },
]

/** What package managers leave behind in the layer of one RUN. Cache mounts are no part of a layer. */
export function leftoversOf(run: RunInstruction): { readonly message: string; readonly hint: string }[] {
  const hasCache = run.mounts.some(({ fields }) => ['cache', 'tmpfs'].includes(fields.get('type') ?? ''))
  if (hasCache) return []
  return managers
    .filter(({ installs, cleans }) => installs.test(run.text) && !cleans.test(run.text))
    .map(({ what, hint }) => ({ message: `the layer keeps ${what}`, hint }))
}

const compilers =
  /\b(go build|go install|cargo build|mvn (package|install)|gradle|npm run build|yarn build|make|gcc|g\+\+|tsc)\b/

/** The first command that builds the program, where it does. */
export function toolsOf(
  instructions: readonly Instruction[],
): { readonly command: string; readonly span: Span } | undefined {
  for (const instruction of instructions) {
    if (instruction.kind !== 'run') continue
    const command = compilers.exec(instruction.text.replace(/\bapt(-get)?\b[^&;|]*|\bapk\b[^&;|]*/g, ''))?.[0]
    if (command !== undefined) return { command, span: instruction.span }
  }
  return undefined
}
