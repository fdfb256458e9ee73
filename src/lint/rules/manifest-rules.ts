import { rule, type Rule } from '../finding.ts'

/** Rules for Kubernetes objects: kube-score's names and grades where it has them (S106), and what the field learned besides. */
export const manifestRules = {
  networkPolicy: rule('KM001', 'pod-networkpolicy', 'CRITICAL', 'A NetworkPolicy selects the pods.'),
  probes: rule(
    'KM002',
    'pod-probes',
    'CRITICAL',
    'Pods behind a Service have a readiness probe, and a liveness probe.',
  ),
  sameProbes: rule('KM003', 'pod-probes-identical', 'CRITICAL', 'Readiness and liveness are two questions.'),
  liveness: rule('KM004', 'liveness-threshold', 'WARNING', 'One slow answer does not restart a container.'),
  readOnlyRoot: rule(
    'KM005',
    'container-security-context-readonlyrootfilesystem',
    'CRITICAL',
    'The root file system cannot be written.',
  ),
  ids: rule(
    'KM006',
    'container-security-context-user-group-id',
    'CRITICAL',
    'User and group have ids that no user of the node has (above 10000).',
  ),
  privileged: rule(
    'KM007',
    'container-security-context-privileged',
    'CRITICAL',
    'No container is privileged.',
  ),
  resources: rule('KM008', 'container-resources', 'CRITICAL', 'CPU and memory have requests and limits.'),
  ephemeral: rule(
    'KM009',
    'container-ephemeral-storage-request-and-limit',
    'INFO',
    'Ephemeral storage has a request and a limit.',
  ),
  tag: rule('KM010', 'container-image-tag', 'CRITICAL', 'An image has a tag, and another one than latest.'),
  pull: rule(
    'KM011',
    'container-image-pull-policy',
    'WARNING',
    'A tag that moves is not fetched again and again.',
  ),
  deadline: rule(
    'KM012',
    'progress-deadline',
    'WARNING',
    'A rollout is given the time that its probes take.',
  ),
  autoscalerTarget: rule(
    'KM013',
    'horizontalpodautoscaler-has-target',
    'CRITICAL',
    'An autoscaler has something to scale.',
  ),
  autoscalerReplicas: rule(
    'KM014',
    'horizontalpodautoscaler-replicas',
    'WARNING',
    'What is autoscaled states no number of replicas.',
  ),
  secretInConfig: rule('KM015', 'secret-in-configmap', 'CRITICAL', 'Secrets are in Secrets.'),
  serviceTarget: rule('KM016', 'service-targets-pod', 'CRITICAL', 'A Service selects pods.'),
  ingressTarget: rule(
    'KM017',
    'ingress-targets-service',
    'CRITICAL',
    'An Ingress leads to a Service and a port that are there.',
  ),
  root: rule('KM018', 'container-root-user', 'CRITICAL', 'No container runs as root.'),
  budget: rule(
    'KM019',
    'deployment-has-poddisruptionbudget',
    'INFO',
    'Several replicas have a PodDisruptionBudget.',
  ),
  spread: rule(
    'KM020',
    'deployment-has-host-podantiaffinity',
    'INFO',
    'Several replicas are on several nodes.',
  ),
} as const satisfies Record<string, Rule>
