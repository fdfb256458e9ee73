import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { graphOf, needsGraph, withDependencies, withDependents } from '../../src/resolve/graph.ts'
import { problemsOf, resolvedStack } from './stack.ts'

const text = `
services:
  api: { image: a:1, needs: [db, migrate, cache] }
  db: { image: a:1 }
  cache: { image: a:1 }
  web: { image: a:1, needs: [api] }
jobs:
  migrate: { image: a:1, needs: [db] }
`

describe('the graph of needs (S112)', { timeout: 60_000 }, () => {
  test('dependencies come first, else the order of the file', async () => {
    const graph = needsGraph(await resolvedStack(text))
    expect(graph.order).toEqual(['db', 'cache', 'migrate', 'api', 'web'])
    expect(graph.cycles).toEqual([])
    expect(graph.dependentsOf('db')).toEqual(['api', 'migrate'])
  })

  test('what comes along with a service, and who depends on one', async () => {
    const graph = needsGraph(await resolvedStack(text))
    expect(withDependencies(graph, ['api'])).toEqual(['db', 'cache', 'migrate', 'api'])
    expect(withDependencies(graph, ['cache'])).toEqual(['cache'])
    expect(withDependents(graph, ['db'])).toEqual(['db', 'migrate', 'api', 'web'])
  })

  test('defaults of needs: healthy for a service, completed for a job', async () => {
    const stack = await resolvedStack(text)
    expect(
      stack.services.get('api')?.needs.map((need) => `${need.on.kind} ${need.on.name} ${need.is}`),
    ).toEqual(['service db healthy', 'job migrate completed', 'service cache healthy'])
  })

  test('a cycle prints its members', async () => {
    const circle =
      'services:\n  a: { image: a:1, needs: [b] }\n  b: { image: a:1, needs: [c] }\n  c: { image: a:1, needs: [a] }\n  d: { image: a:1, needs: [d] }\n'
    expect(await problemsOf(circle)).toMatchInlineSnapshot(`
      "iamstack.yaml:5:28 error check/cycle: needs lead in a circle: a → b → c → a
        4 |   b: { image: a:1, needs: [c] }
        5 |   c: { image: a:1, needs: [a] }
          |                            ^
        6 |   d: { image: a:1, needs: [d] }
        iamstack.yaml:3:28 \`a\` needs \`b\`
          2 | services:
          3 |   a: { image: a:1, needs: [b] }
            |                            ^
          4 |   b: { image: a:1, needs: [c] }
        iamstack.yaml:4:28 \`b\` needs \`c\`
          3 |   a: { image: a:1, needs: [b] }
          4 |   b: { image: a:1, needs: [c] }
            |                            ^
          5 |   c: { image: a:1, needs: [a] }
        hint: remove one of these needs; a job can do what must come between

      iamstack.yaml:6:28 error check/cycle: \`d\` needs itself
        5 |   c: { image: a:1, needs: [a] }
        6 |   d: { image: a:1, needs: [d] }
          |                            ^
        hint: remove one of these needs; a job can do what must come between"
    `)
    const graph = graphOf(
      new Map([
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['a']],
        ['d', ['d']],
        ['e', ['a']],
      ]),
    )
    expect(graph).toMatchObject({ order: [], cycles: [['a', 'b', 'c'], ['d']] })
  })

  test('order and cycles agree on every graph', () => {
    const edges = fc.array(fc.tuple(fc.nat(12), fc.nat(12)), { maxLength: 30 })
    fc.assert(
      fc.property(edges, (pairs) => {
        const names = Array.from({ length: 13 }, (_, index) => String(index))
        const needs = new Map(
          names.map((name) => [
            name,
            pairs.filter(([from]) => String(from) === name).map(([, to]) => String(to)),
          ]),
        )
        const graph = graphOf(needs)
        expect(graph.order.length === names.length).toBe(graph.cycles.length === 0)
        for (const name of graph.order) {
          for (const need of needs.get(name) ?? [])
            expect(graph.order.indexOf(need)).toBeLessThan(graph.order.indexOf(name))
        }
        for (const cycle of graph.cycles) {
          cycle.forEach((name, index) => expect(needs.get(name)).toContain(cycle[(index + 1) % cycle.length]))
        }
      }),
    )
  })
})
