import { chosen, endpoints, type Endpoint, type Model } from '../model.ts'
import { fitRow, span, type Row } from '../row.ts'
import { signs } from '../sign.ts'
import { cells, fit, harmless } from '../text.ts'
import { windowAround, type Pane, type Space } from './pane.ts'

/** Where ports of the stack answer on this machine, and how many talk through them. */
export function forwardsPane(model: Model, space: Space): Pane {
  const all = [...endpoints(model.state)]
  const here = chosen('forwards', model)
  const at = all.findIndex(([key]) => key === here)
  const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => cells(text)))
  const columns = {
    url: Math.min(widest(all.map(([, { url }]) => url)), Math.floor(space.width * 0.6)),
    key: widest(all.map(([key]) => key)),
  }
  const rows = windowAround(all, at, space.height).map(([key, endpoint]) => {
    const row = rowOf(key, endpoint, columns)
    return key === here && space.hasFocus
      ? fitRow(row, space.width).map((each) => ({ ...each, inverse: true }))
      : row
  })
  return {
    title: 'Forwards',
    aside: '',
    rows: all.length > 0 ? rows : [[span(' no port is open on this machine', 'quiet')]],
  }
}

function rowOf(key: string, endpoint: Endpoint, columns: { url: number; key: number }): Row {
  const { url, open, problem } = endpoint
  return [
    span(' '),
    problem === undefined ? signs.ready : signs.busy,
    span(` ${fit(harmless(url), columns.url)}  ${fit(harmless(key), columns.key)}  `),
    problem === undefined
      ? span(open === undefined ? '' : `${open} open`, 'quiet')
      : span(harmless(problem), 'busy'),
  ]
}
