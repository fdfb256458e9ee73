import type { ScalarNode, SourceNode } from '../stack/node.ts'

/**
 * A node as Kubernetes' own tools read it: they take YAML 1.1, where `yes` and `on` are true and `0644` is octal, while our own
 * files are YAML 1.2 (sigs.k8s.io/yaml, goyaml.v2/resolve.go).
 */
export function manifestValue(node: SourceNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return scalarValue(node)
    case 'list':
      return node.items.map(manifestValue)
    case 'map':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, manifestValue(value)]))
    default:
      return node satisfies never
  }
}

export function scalarValue({ value, text, isQuoted }: ScalarNode): string | number | boolean | null {
  if (isQuoted) return value
  if (/^(y|Y|yes|Yes|YES|on|On|ON)$/.test(text)) return true
  if (/^(n|N|no|No|NO|off|Off|OFF)$/.test(text)) return false
  const digits = text.replaceAll('_', '')
  if (/^[-+]?0o?[0-7]+$/.test(digits)) return signed(digits, parseInt(digits.replace(/^[-+]?0o?/, ''), 8))
  if (/^[-+]?0b[01]+$/.test(digits)) return signed(digits, parseInt(digits.replace(/^[-+]?0b/, ''), 2))
  if (text.includes('_') && /^[-+]?[1-9][0-9]*$/.test(digits)) return Number(digits)
  return value
}

function signed(written: string, magnitude: number): number {
  return written.startsWith('-') ? -magnitude : magnitude
}
