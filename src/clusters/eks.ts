import { StepError } from '../plan/step-error.ts'
import type { Cluster } from './cluster.ts'
import { eksFindings } from './eks/check.ts'
import { eksSettings } from './eks/settings.ts'
import { cloudStacks, renderedStacks } from './eks/stacks.ts'

/**
 * What is known of EKS without an account: enough to validate, render and check a stack for it. Making the cluster is not part of
 * this version, and whatever would need one says so.
 */
export function openEks(): Cluster {
  const missing = (): never => {
    throw new StepError(
      'precondition',
      'this version of iamstack validates, renders and checks stacks for EKS; it cannot run them there',
      {
        hint: 'run it in a cluster of your own with target: kubernetes, or here with --profile kind',
      },
    )
  }
  return {
    target: 'eks',
    abilities: {
      loadBalancer: 'cloud',
      nodePorts: 'nodes',
      nodePortRange: [30_000, 32_767],
      storageClass: undefined,
      ingressClass: 'alb',
      ingress: undefined,
      versions: { oldest: '1.28', newest: '1.36' },
    },
    check: (stack) => eksFindings(eksSettings(stack), new Date().toISOString().slice(0, 10)),
    render: (stack) => renderedStacks(cloudStacks(eksSettings(stack))),
    desired: () => [],
    observe: missing,
    apply: missing,
    ready: missing,
    open: missing,
    imageFor: (reference) => reference,
    pullPolicy: () => 'IfNotPresent',
    close: () => Promise.resolve(),
  }
}
