import { describe, expect, test } from 'vitest'
import { literal } from '../../../src/drivers/kubernetes/desired/literal.ts'
import { byteQuantity, cpuQuantity } from '../../../src/drivers/kubernetes/desired/quantities.ts'

/** What Kubernetes makes of a text: `Expand` of k8s.io/kubernetes/third_party/forked/golang/expansion. */
function expanded(text: string, variables: Readonly<Record<string, string>>): string {
  let result = ''
  for (let at = 0; at < text.length; at += 1) {
    const next = text[at + 1]
    if (text[at] !== '$' || next === undefined) {
      result += text[at] ?? ''
    } else if (next === '$') {
      result += '$'
      at += 1
    } else if (next === '(' && text.indexOf(')', at) !== -1) {
      const end = text.indexOf(')', at)
      const name = text.slice(at + 2, end)
      result += variables[name] ?? `$(${name})`
      at = end
    } else {
      result += `$${next}`
      at += 1
    }
  }
  return result
}

describe('texts and amounts', () => {
  test('a dollar stays what it was (S52)', () => {
    const texts = [
      '$',
      '$$',
      '$$$',
      '${X}',
      '$(X)',
      '$$(X)',
      '$$$(X)',
      '$(',
      '$()',
      'a$(X)b$',
      '$x$(X)$$',
      '$($(X))',
    ]
    for (const text of texts) expect(expanded(literal(text), { X: 'expanded', '': 'expanded' })).toBe(text)
    expect(literal('plain $5 $HOME')).toBe('plain $5 $HOME')
  })

  test('amounts are written as the API server writes them', () => {
    expect([1, 250, 1000, 1500, 12_000].map(cpuQuantity)).toEqual(['1m', '250m', '1', '1500m', '12'])
    const mebi = 1024 ** 2
    expect(
      [0, 1, 1000, 1024, 1_500_000_000, 512 * mebi, 1536 * mebi, 1024 * mebi, 2 ** 50].map(byteQuantity),
    ).toEqual(['0', '1', '1k', '1Ki', '1500M', '512Mi', '1536Mi', '1Gi', '1Pi'])
  })
})
