import type { Checked, Diagnostic } from '../stack/diagnostics.ts'
import { checked } from '../stack/diagnostics.ts'
import { evaluateStages } from './dockerfile/evaluate.ts'
import { buildStageGraph, findTarget } from './dockerfile/graph.ts'
import type { ImageConfig } from './dockerfile/image-config.ts'
import { emptyConfig } from './dockerfile/image-config.ts'
import type { Dockerfile } from './dockerfile/instructions.ts'
import type { BuildInputs } from './dockerfile/scope.ts'

/** What a Dockerfile says about how its image is run: the defaults of a service that uses it. */
export interface ImageDefaults extends ImageConfig {
  /** False where the base image is not known: it may then add to what is here, or say what is absent. */
  readonly isComplete: boolean
}

/** Infers EXPOSE, USER, WORKDIR, ENTRYPOINT, CMD, HEALTHCHECK, STOPSIGNAL, VOLUME, ENV and LABEL of a target (the last stage if none). */
export function inferImageDefaults(
  dockerfile: Dockerfile,
  target: string | undefined,
  inputs: BuildInputs,
): Checked<ImageDefaults> {
  const graph = buildStageGraph(dockerfile, inputs)
  if (!graph.ok) return graph
  const index = findTarget(graph.value, target)
  if (!index.ok) return index
  const findings: Diagnostic[] = [...graph.warnings]
  const stage = evaluateStages(graph.value, index.value, inputs, findings).get(index.value)
  return checked({ ...(stage?.config ?? emptyConfig), isComplete: stage?.isComplete ?? false }, findings)
}
