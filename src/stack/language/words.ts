import type { Vocabulary } from '../schema/types.ts'

/*
 * What people who know Compose, Kubernetes or Skaffold write out of habit, and what it is called here. Each answer is the hint of
 * the diagnostic, so it shows the form as well where the word alone would not do.
 */

const workloadWords: Vocabulary = {
  environment: 'write `env`: `env: { NAME: value }`',
  env_file:
    'write `env-from`: `env-from: [{ config: NAME }]`, with the file under `configs: { NAME: { env-file: … } }`',
  envFrom: 'write `env-from`',
  depends_on: 'write `needs`: `needs: { db: healthy }`',
  dependsOn: 'write `needs`: `needs: { db: healthy }`',
  links: 'write `needs`; services reach each other by name without links',
  volumes: 'write `mounts`, keyed by the path inside: `mounts: { /var/lib/data: { volume: NAME } }`',
  volumeMounts: 'write `mounts`, keyed by the path inside: `mounts: { /var/lib/data: { volume: NAME } }`',
  tmpfs: 'write `mounts: { /tmp: { scratch: tmp } }`',
  secrets:
    'mount it, `mounts: { /run/secrets/db: { secret: db } }`, or pass it, `env: { PASSWORD: { secret: db, key: password } }`',
  configs: 'mount it: `mounts: { /etc/app: { config: NAME } }`',
  args: 'write `command`: here `command` is CMD (args of Kubernetes) and `entrypoint` is ENTRYPOINT (command of Kubernetes)',
  cmd: 'write `command`',
  working_dir: 'write `working-dir`',
  workingDir: 'write `working-dir`',
  build: 'describe it under `images: { NAME: { context: … } }` and write `image: NAME` here',
  container_name: 'containers are named by stack and service; use `hostname` for the name inside',
  read_only: 'write `read-only-root`',
  readOnlyRootFilesystem: 'write `read-only-root`',
  mem_limit: 'write `resources: { limits: { memory: 512Mi } }`',
  cpus: 'write `resources: { limits: { cpu: 0.5 } }`',
  extends: 'use a YAML anchor and `<<: *name`, or a profile',
}

const serviceOnlyWords: Vocabulary = {
  initContainers: 'write `init`: `init: [{ name: setup, command: […] }]`',
  init_containers: 'write `init`',
  cap_add: 'write `capabilities: { add: […] }`',
  cap_drop: 'write `capabilities: { drop: […] }`',
  deploy: 'write `replicas`, `resources`, `update`, `restart` or `placement` directly in the service',
  serviceAccountName: 'write `service-account`',
  containers: 'one service is one container; services with the same `pod` run together',
  securityContext: 'write `user`, `group`, `fs-group`, `read-only-root`, `capabilities` or `privileged`',
  healthcheck: 'write `health`: `health: { http: /healthz, port: http }`',
  livenessProbe: 'write `health`; one block makes all probes, `health.liveness` refines this one',
  readinessProbe: 'write `health`; one block makes all probes, `health.readiness` refines this one',
  startupProbe: 'write `health` with `start-period`; `health.startup` refines this one',
  networks: 'all services share one network; `isolation: edges` at the top gives each dependency its own',
  network_mode: 'services with the same `pod` share one network',
  hostNetwork: 'services with the same `pod` share one network',
  stop_signal: 'write `stop: { signal: SIGTERM }`',
  stop_grace_period: 'write `stop: { grace: 10s }`',
  terminationGracePeriodSeconds: 'write `stop: { grace: 10s }`',
  lifecycle: 'write `stop: { pre: […] }` for preStop, `init` or `jobs` for what runs before',
  nodeSelector: 'write `placement: { node-selector: … }`',
  tolerations: 'write `placement: { tolerations: … }`',
  affinity: 'write `placement: { affinity: … }`, or `spread: node`',
  strategy: 'write `update: { strategy: rolling }`',
  kind: 'write `workload`: deployment, stateful, daemon or cron',
  type: 'write `workload` for the kind of workload, `expose` for how a port is reached',
  autoscaling: 'write `scale: { min: 2, max: 5, cpu: 80% }`',
  hpa: 'write `scale: { min: 2, max: 5, cpu: 80% }`',
  develop: 'write `dev`: `dev: { sync: infer }`',
  sync: 'write `dev: { sync: infer }`',
  profiles: 'a profile that does not want the service removes it: `services: { NAME: null }`',
  labels_file: 'write `labels`',
  template: 'there is no pod template here; its fields stand directly in the service',
  spec: 'there is no `spec` here; its fields stand directly in the service',
  restartPolicy: 'write `restart`: always, on-failure or no',
  restart_policy: 'write `restart`: always, on-failure or no',
  run: 'write `process: { run: … }` for how it runs without containers',
}

export const serviceWords: Vocabulary = { ...workloadWords, ...serviceOnlyWords }

export const jobWords: Vocabulary = {
  ...workloadWords,
  initContainers: 'what comes before is a job of its own: `needs: { OTHER: completed }`',
  deploy: 'write `resources` directly in the job',
  containers: 'one job is one container',
  securityContext: 'write `user`, `group` or `read-only-root`',
  backoffLimit: 'write `retries`',
  activeDeadlineSeconds: 'write `timeout`',
  schedule: 'a job runs once per change; what runs on a clock is a service with `workload: cron`',
}

export const stackWords: Vocabulary = {
  networks: 'all services share one network; `isolation: edges` gives each dependency its own',
  build: 'write `images`: `images: { NAME: { context: ./app } }`',
  artifacts: 'write `images`: `images: { NAME: { context: ./app } }`',
  deploy: 'how a target is reached stands in a profile: `profiles/NAME.yaml`',
  profiles: 'each profile is a file of its own: `profiles/NAME.yaml`',
  portForward: 'a port is forwarded by `expose: { PORT: local:8000 }` in the service',
  variables: 'write `vars`',
  env: 'write `vars`, and pass them on in `services.NAME.env`',
  environment: 'write `vars`, and pass them on in `services.NAME.env`',
  includes: 'write `include`',
  apiVersion: 'this is not a Kubernetes file; raw manifests are named under `manifests`',
  kind: 'this is not a Kubernetes file; raw manifests are named under `manifests`',
  metadata: 'write `name` at the top',
  'x-templates': 'put anchors on the first use: `&name`, then `<<: *name`',
  hooks: 'write `jobs`: they run once per change, in order, on every target',
  tests: 'write `smoke`',
  ingress: 'write `routes`',
  secret: 'write `secrets`',
  configMaps: 'write `configs`',
  target: 'a target belongs to a profile: `profiles/NAME.yaml`',
  namespace: 'a namespace belongs to a profile: `profiles/NAME.yaml`',
  registry: 'a profile chooses the registry: `profiles/NAME.yaml`; here they are declared under `registries`',
  protected: 'this belongs to a profile: `profiles/NAME.yaml`',
  ttl: 'this belongs to a profile: `profiles/NAME.yaml`',
  eks: 'clusters belong to a profile: `profiles/NAME.yaml`',
  kubernetes: 'clusters belong to a profile: `profiles/NAME.yaml`',
  'docker-desktop': 'clusters belong to a profile: `profiles/NAME.yaml`',
  compose: 'this belongs to a profile: `profiles/NAME.yaml`',
  stacks: 'CloudFormation stacks belong to a profile: `profiles/NAME.yaml`',
  cost: 'prices belong to a profile: `profiles/NAME.yaml`',
}

export const profileWords: Vocabulary = {
  name: 'the name of a profile is that of its file; the name of the stack stands in the stack file',
  context: 'write `kubernetes: { context: NAME }` or `docker-desktop: { context: NAME }`',
  cluster: 'write `kind: { cluster: NAME }`',
  variables: 'write `vars`',
  env: 'write `vars` for values, or `services: { NAME: { env: … } }`',
  requires: 'this stands in the stack file',
  include: 'this stands in the stack file; profiles are layered with `--profile a,b`',
}

export const imageWords: Vocabulary = {
  path: 'write `context`',
  buildArgs: 'write `args`',
  build_args: 'write `args`',
  cache_from: 'write `cache: true`; layers are kept by the engine',
  no_cache: 'write `cache: false`',
  platform: 'write `platforms: [linux/amd64]`',
  tags: 'write `tag`: hash, git or a text',
  docker: 'write `dockerfile`, `target` and `args` directly in the image',
  hooks: 'write `pre: [{ run: make dist, inputs: [cmd/**] }]`',
  repository: 'write `name`, a template such as "{registry}/{namespace}/{name}:{tag}"',
}

export const healthWords: Vocabulary = {
  test: 'write `exec: [command, argument]`, or `http`, `tcp`, `grpc`',
  command: 'write `exec: [command, argument]`',
  httpGet: 'write `http: /path` with `port`',
  tcpSocket: 'write `tcp: PORT`',
  interval: 'write `every`',
  periodSeconds: 'write `every`, with a unit',
  timeoutSeconds: 'write `timeout`, with a unit',
  failureThreshold: 'write `retries`',
  initialDelaySeconds: 'write `start-period`, with a unit',
  start_period: 'write `start-period`',
  path: 'write `http: /path`',
}

/** A probe within `health`: the grace of the start is not its own. */
export const probeWords: Vocabulary = {
  ...healthWords,
  initialDelaySeconds: 'the grace of the start is `start-period` of `health` itself',
  start_period: 'the grace of the start is `start-period` of `health` itself',
  'start-period': 'the grace of the start is `start-period` of `health` itself',
}

export const volumeWords: Vocabulary = {
  storageClassName: 'write `class`',
  accessModes: 'write `access`: single or many',
  storage: 'write `size`',
  external: 'a volume that must survive has `keep: true`',
  driver: 'the target chooses the driver; on Kubernetes `class` does',
  driver_opts: 'the target chooses the driver; on Kubernetes `class` does',
}

export const mountWords: Vocabulary = {
  subPath: 'write `sub-path`',
  readOnly: 'write `read-only`',
  read_only: 'write `read-only`',
  emptyDir: 'write `scratch`',
  tmpfs: 'write `scratch`',
  hostPath: 'write `bind`',
  source: 'write `volume`, `bind`, `config`, `secret`, `cert` or `scratch`',
  configMap: 'write `config`',
  defaultMode: 'write `mode`, in octal',
  items: 'write `keys`, or `key` for one file',
  name: 'write `volume`, `config`, `secret`, `cert` or `scratch` with the name as its value',
}
