import { clockTime } from '../src/report/words.ts'
import { endpoints, runs, type Model } from './model.ts'
import { span, widthOf, type Row } from './row.ts'
import { signs, situationOf, smokeCounts, type Situation } from './sign.ts'
import { harmless } from './text.ts'

/** Where this is, how many are how, and the time; what there is no room for goes, the least telling first. */
export function header({ state, size, now }: Model): Row {
  const { run } = state
  const name = span(` ${harmless(run?.project ?? 'iamstack')}`, undefined, true)
  const where = run ? span(`  ${harmless(placeOf(run))}`, 'quiet') : span('')
  const smoke = smokePart(state)
  const forwards = endpoints(state).size
  const clock = span(`  ${clockTime(now).slice(0, 8)} `, 'quiet')
  const counts = countsOf(state)
  const candidates: readonly (readonly [Row, Row])[] = [
    [
      [name, where],
      [...counts, ...smoke, span(`   forwards ${forwards}`, 'quiet'), span(' '), clock],
    ],
    [
      [name, where],
      [...counts, ...smoke, clock],
    ],
    [[name], [...counts, ...smoke]],
    [[name], counts],
    [[name], briefly(counts)],
  ]
  const fits = candidates.find(([left, right]) => widthOf(left) + widthOf(right) + 1 <= size.columns)
  const [left, right] = fits ?? [[name], []]
  const gap = Math.max(1, size.columns - widthOf(left) - widthOf(right) - (right.at(-1) === clock ? 0 : 1))
  return [...left, span(' '.repeat(gap)), ...right]
}

function placeOf({ target, profiles }: { target: string; profiles: readonly string[] }): string {
  const others = profiles.filter((each) => each !== target)
  return others.length > 0 ? `${target} · ${others.join(', ')}` : target
}

const words: readonly (readonly [Situation, string])[] = [
  ['ready', 'ready'],
  ['busy', 'updating'],
  ['waiting', 'waiting'],
  ['drift', 'changed'],
  ['failed', 'failed'],
]

function countsOf(state: Model['state']): Row {
  const counts = new Map<Situation, number>()
  for (const resource of state.resources.values()) {
    if (!runs(resource)) continue
    const situation = situationOf(resource)
    counts.set(situation, (counts.get(situation) ?? 0) + 1)
  }
  return words.flatMap(([situation, word]) => {
    const count = counts.get(situation) ?? 0
    return count === 0 ? [] : [span('  '), signs[situation], span(` ${count} ${word}`)]
  })
}

/** Signs and numbers alone. */
function briefly(counts: Row): Row {
  return counts.map((each) => ({ ...each, text: each.text.replace(/ [a-z]+$/, '').replace('  ', ' ') }))
}

function smokePart(state: Model['state']): Row {
  const { passed, failed } = smokeCounts(state)
  if (passed + failed === 0) return []
  return [
    span('   smoke ', 'quiet'),
    ...(passed > 0 ? [span(`${passed} `), signs.done] : []),
    ...(failed > 0 ? [span(`${passed > 0 ? ' ' : ''}${failed} `), signs.failed] : []),
  ]
}
