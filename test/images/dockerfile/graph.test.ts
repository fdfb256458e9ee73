import { describe, expect, test } from 'vitest'
import {
  baseImages,
  buildStageGraph,
  findTarget,
  reachableStages,
} from '../../../src/images/dockerfile/graph.ts'
import { inferImageDefaults } from '../../../src/images/defaults.ts'
import { findingsOf, parsed, valueOf } from '../describe.ts'

const text = `ARG BASE=debian
ARG TAG
FROM \${BASE}:\${TAG:-12} AS base
FROM base AS deps
COPY --from=ghcr.io/a/tool:1 /t /t
FROM base AS Build
COPY --from=DEPS /a /a
RUN --mount=type=bind,from=helper:2,target=/h --mount=type=cache,target=/c make
FROM scratch
COPY --from=2 /out /
FROM deps AS test
FROM scratch AS last
COPY --from=3 / /
`

function summary(target: string | undefined, args: Readonly<Record<string, string>> = {}) {
  const graph = valueOf(buildStageGraph(parsed(text), { args: new Map(Object.entries(args)) }))
  const index = valueOf(findTarget(graph, target))
  return { target: index, reachable: reachableStages(graph, index), bases: baseImages(graph, index) }
}

describe('stages (S34, stage-aware inference)', () => {
  test('the last stage is the default and needs only what leads to it', () => {
    expect(summary(undefined)).toEqual({
      target: 5,
      reachable: [0, 1, 2, 3, 5],
      bases: ['debian:12', 'ghcr.io/a/tool:1', 'helper:2'],
    })
  })

  test('a target is found whatever the case of its name', () => {
    expect(summary('TEST', { BASE: 'alpine', TAG: '3' })).toEqual({
      target: 4,
      reachable: [0, 1, 4],
      bases: ['alpine:3', 'ghcr.io/a/tool:1'],
    })
  })

  test('an unknown target', () => {
    const graph = valueOf(buildStageGraph(parsed(text), { args: new Map() }))
    const span = { file: 'iamstack.yaml', line: 4, column: 13, length: 5 }
    expect(findingsOf(findTarget(graph, 'biuld', span))).toMatchInlineSnapshot(
      `"iamstack.yaml:4:13+5 error dockerfile/unknown-target: Dockerfile has no stage "biuld" (did you mean build?)"`,
    )
  })
})

describe('what is wrong with references between stages', () => {
  test('whatever the target', () => {
    const text = `ARG EMPTY
FROM $EMPTY AS one
FROM \${EMPTY:?required} AS two
COPY --from=two /a /a
COPY --from=9 /a /a
FROM four
FROM x AS four
`
    const graph = buildStageGraph(parsed(text), { args: new Map() })
    expect(findingsOf(graph)).toMatchInlineSnapshot(`
      "Dockerfile:2:6+6 error dockerfile/blank-base: "$EMPTY" is empty (give the variable a default: ARG NAME=image before the first FROM)
      Dockerfile:3:6+18 error dockerfile/expansion: EMPTY: required
      Dockerfile:4:13+3 error dockerfile/stage-cycle: the stage cannot read from itself (two starts on line 3)
      Dockerfile:5:13+1 error dockerfile/stage-index: there is no stage 9; they are counted from 0
      Dockerfile:6:6+4 warning dockerfile/stage-order: the stage "four" is defined later, so this means an image of that name (move that stage up)"
    `)
  })

  test('only where the target needs the stage', () => {
    const text = `FROM x AS one
COPY --from=three /a /a
COPY --from=$X /a /a
COPY --from=oone /a /a
RUN --mount=type=bind,from=three,target=/x true
FROM y AS two
COPY --from=oen /a /a
FROM one AS three
`
    const findings = (target: string): string =>
      findingsOf(inferImageDefaults(parsed(text), target, { args: new Map() }))
    expect(findings('two')).toMatchInlineSnapshot(
      `"Dockerfile:7:13+3 warning dockerfile/unknown-stage: no stage is called "oen", so this means an image of that name (did you mean one?)"`,
    )
    expect(findings('three')).toMatchInlineSnapshot(`
      "Dockerfile:2:13+5 error dockerfile/stage-order: the stage it reads from must come first (three starts on line 8)
      Dockerfile:3:13+2 error dockerfile/from-variable: --from takes no variables (give the image a stage of its own (FROM $X AS name) and say --from=name)
      Dockerfile:5:13+30 error dockerfile/stage-order: the stage it reads from must come first (three starts on line 8)"
    `)
  })
})
