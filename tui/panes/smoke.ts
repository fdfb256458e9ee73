import { duration } from '../../src/report/words.ts'
import type { SmokeState } from '../../src/state/state.ts'
import { chosen, type Model } from '../model.ts'
import { fitRow, span, type Row } from '../row.ts'
import { signs, smokeSituation } from '../sign.ts'
import { harmless } from '../text.ts'
import { windowAround, type Pane, type Space } from './pane.ts'

/** Every smoke test with how it ended; a failed one says at which step and why. */
export function smokePane(model: Model, space: Space): Pane {
  const all = [...model.state.smoke]
  const here = chosen('smoke', model)
  const at = all.findIndex(([name]) => name === here)
  const rows = windowAround(all, at, space.height).map(([name, smoke]) => {
    const row = rowOf(name, smoke)
    return name === here && space.hasFocus
      ? fitRow(row, space.width).map((each) => ({ ...each, inverse: true }))
      : row
  })
  return {
    title: 'Smoke',
    aside: '',
    rows: all.length > 0 ? rows : [[span(' no smoke test has run', 'quiet')]],
  }
}

function rowOf(name: string, smoke: SmokeState): Row {
  const { failure, milliseconds } = smoke
  const took = milliseconds === undefined ? 'running' : duration(milliseconds)
  return [
    span(' '),
    signs[smokeSituation(smoke)],
    span(` ${harmless(name)}  `),
    failure ? span(harmless(failure.message), 'bad') : span(took, 'quiet'),
  ]
}
