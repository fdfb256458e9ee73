import { expect, test } from 'vitest'
import { kindFindings } from '../../src/clusters/kind/check.ts'
import { kindConfig, wantedPorts, writtenPorts, mountsCerts } from '../../src/clusters/kind/config.ts'
import { subnetFindings } from '../../src/clusters/kind/create.ts'
import { clusterNameOf, kindSettings, pinnedSettings } from '../../src/clusters/settings.ts'
import { resolvedStack } from '../resolve/stack.ts'

const stackText = `name: shop
services:
  web:
    image: "busybox:stable"
    ports: { http: 80, dns: { port: 53, protocol: udp }, admin: 81 }
    expose: { http: "node:30080", dns: "node:30053", admin: node }
`

async function stackOf(profile: string) {
  return await resolvedStack(stackText, { profile: 'here', files: { 'profiles/here.yaml': profile } })
}

async function settingsOf(block: string) {
  const stack = await stackOf(`target: kind\nkind:\n${block}`)
  return { stack, settings: kindSettings(stack) }
}

test('what a profile says of a kind cluster, with every default', async () => {
  const nothing = kindSettings(await stackOf('target: kind\n'))
  expect(nothing).toMatchInlineSnapshot(`
    {
      "cluster": "shop",
      "config": undefined,
      "from": undefined,
      "image": undefined,
      "nodePortRange": undefined,
      "nodes": undefined,
      "podSubnet": undefined,
      "ports": [],
      "registry": {
        "kind": "ours",
      },
      "serviceSubnet": undefined,
      "version": undefined,
    }
  `)
  const { settings } = await settingsOf(`
  cluster: mine
  nodes: 3
  version: v1.34.2
  image: example.com/node:1
  ports: [8080, { host: 8443, node: 443 }, { host: 5353, node: 53, protocol: udp }]
  networking: { pod-subnet: 10.1.0.0/16, service-subnet: 10.2.0.0/16, node-port-range: 31000-31100 }
  registry: { host: "localhost:5001" }
  config: kind.yaml
`)
  expect(settings).toMatchInlineSnapshot(`
    {
      "cluster": "mine",
      "config": {
        "kind": "file",
        "path": "/stack/profiles/kind.yaml",
      },
      "from": {
        "column": 1,
        "file": "/stack/profiles/here.yaml",
        "length": 4,
        "line": 2,
      },
      "image": "example.com/node:1",
      "nodePortRange": [
        31000,
        31100,
      ],
      "nodes": 3,
      "podSubnet": "10.1.0.0/16",
      "ports": [
        {
          "host": 8080,
          "node": 8080,
          "protocol": "tcp",
        },
        {
          "host": 8443,
          "node": 443,
          "protocol": "tcp",
        },
        {
          "host": 5353,
          "node": 53,
          "protocol": "udp",
        },
      ],
      "registry": {
        "host": "localhost:5001",
        "kind": "given",
      },
      "serviceSubnet": "10.2.0.0/16",
      "version": "1.34.2",
    }
  `)
})

test('S157: what a profile says of a cluster that is there', async () => {
  const stack = await stackOf(`target: kubernetes
kubernetes:
  context: lab
  server: https://10.0.0.1:6443
  kubeconfig: ../lab.yaml
  capabilities: { load-balancer: true, storage-class: fast, ingress: nginx }
`)
  expect(pinnedSettings(stack)).toMatchInlineSnapshot(`
    {
      "context": "lab",
      "from": {
        "column": 1,
        "file": "/stack/profiles/here.yaml",
        "length": 10,
        "line": 2,
      },
      "ingressClass": "nginx",
      "kubeconfig": "/stack/lab.yaml",
      "loadBalancer": true,
      "server": "https://10.0.0.1:6443",
      "storageClass": "fast",
    }
  `)
})

test('the name of a stack becomes a name that kind takes', () => {
  expect(clusterNameOf('shop')).toBe('shop')
  expect(clusterNameOf('My_Shop')).toMatch(/^my-shop-[0-9a-f]{6}$/)
  expect(clusterNameOf('x'.repeat(63))).toMatch(/^x{33}-[0-9a-f]{6}$/)
})

test('S158, S159: the configuration that kind gets', async () => {
  const { stack, settings } = await settingsOf(`
  nodes: 2
  ports: [8080]
  networking: { pod-subnet: 10.1.0.0/16, node-port-range: 31000-31100 }
`)
  expect(kindConfig(settings, {}, wantedPorts(stack, settings))).toMatchInlineSnapshot(`
    {
      "apiVersion": "kind.x-k8s.io/v1alpha4",
      "containerdConfigPatches": [
        "[plugins."io.containerd.grpc.v1.cri".registry]
      config_path = "/etc/containerd/certs.d"
    ",
      ],
      "kind": "Cluster",
      "kubeadmConfigPatches": [
        "{"apiVersion":"kubeadm.k8s.io/v1beta3","kind":"ClusterConfiguration","apiServer":{"extraArgs":{"service-node-port-range":"31000-31100"}}}",
        "{"apiVersion":"kubeadm.k8s.io/v1beta4","kind":"ClusterConfiguration","apiServer":{"extraArgs":[{"name":"service-node-port-range","value":"31000-31100"}]}}",
      ],
      "networking": {
        "podSubnet": "10.1.0.0/16",
      },
      "nodes": [
        {
          "extraPortMappings": [
            {
              "containerPort": 8080,
              "hostPort": 8080,
              "listenAddress": "127.0.0.1",
              "protocol": "TCP",
            },
            {
              "containerPort": 30080,
              "hostPort": 30080,
              "listenAddress": "127.0.0.1",
              "protocol": "TCP",
            },
            {
              "containerPort": 30053,
              "hostPort": 30053,
              "listenAddress": "127.0.0.1",
              "protocol": "UDP",
            },
          ],
          "role": "control-plane",
        },
        {
          "role": "worker",
        },
      ],
    }
  `)
})

test('S158: the user’s own configuration is the base', async () => {
  const { stack, settings } = await settingsOf(`
  ports: [{ host: 8080, node: 80 }]
  registry: false
  networking: { service-subnet: 10.7.0.0/16 }
  config:
    name: ignored
    featureGates: { Some: true }
    networking: { disableDefaultCNI: true, serviceSubnet: 10.9.0.0/16 }
    nodes:
      - { role: worker }
      - role: control-plane
        extraMounts: [{ hostPath: /tmp/certs, containerPath: /etc/containerd/certs.d }]
        extraPortMappings: [{ containerPort: 30080, hostPort: 30080 }]
`)
  const base = settings.config?.kind === 'given' ? settings.config.value : {}
  expect(kindConfig(settings, base, wantedPorts(stack, settings))).toMatchInlineSnapshot(`
    {
      "apiVersion": "kind.x-k8s.io/v1alpha4",
      "featureGates": {
        "Some": true,
      },
      "kind": "Cluster",
      "networking": {
        "disableDefaultCNI": true,
        "serviceSubnet": "10.7.0.0/16",
      },
      "nodes": [
        {
          "role": "worker",
        },
        {
          "extraMounts": [
            {
              "containerPath": "/etc/containerd/certs.d",
              "hostPath": "/tmp/certs",
            },
          ],
          "extraPortMappings": [
            {
              "containerPort": 30080,
              "hostPort": 30080,
            },
            {
              "containerPort": 80,
              "hostPort": 8080,
              "listenAddress": "127.0.0.1",
              "protocol": "TCP",
            },
            {
              "containerPort": 30053,
              "hostPort": 30053,
              "listenAddress": "127.0.0.1",
              "protocol": "UDP",
            },
          ],
          "role": "control-plane",
        },
      ],
    }
  `)
  expect(writtenPorts(base)).toEqual([{ host: 30_080, node: 30_080, protocol: 'tcp' }])
  expect(mountsCerts(base)).toBe(true)
})

test('contradictions in the block kind, all at once', async () => {
  const { settings } = await settingsOf(`
  version: latest
  nodes: 2
  ports: [8080, { host: 8080, node: 80 }]
  networking: { pod-subnet: 10.1.0.0/16, service-subnet: 10.1.128.0/20, node-port-range: 32000-31000 }
  config: { nodes: [{ role: control-plane }] }
`)
  const found = kindFindings(settings)
  expect(found.map(({ code, message }) => `${code}: ${message}`)).toMatchInlineSnapshot(`
    [
      "kind/version: latest is no version of Kubernetes",
      "kind/port-twice: the tcp port 8080 of this machine leads to two ports of the node",
      "kind/subnets-overlap: pods (10.1.0.0/16) and services (10.1.128.0/20) would share addresses",
      "kind/node-port-range: 32000-31000 is no range of ports",
      "kind/nodes-twice: nodes are listed in config and counted in nodes: one of them too many",
    ]
  `)
  expect(new Set(found.map(({ span }) => span?.line))).toEqual(new Set([2]))
})

test('S159: subnets that this machine has already are named with their owner', async () => {
  const { settings } = await settingsOf(`
  networking: { pod-subnet: 172.17.128.0/20 }
`)
  const taken = [
    { cidr: '172.17.0.0/16', by: 'the Docker network bridge' },
    { cidr: '10.96.4.0/24', by: 'a route of this machine through tun0' },
  ]
  const found = subnetFindings(settings, {}, taken)
  expect(found.map(({ message, hint }) => `${message}; ${hint ?? ''}`)).toMatchInlineSnapshot(`
    [
      "the pod-subnet 172.17.128.0/20 of the cluster overlaps 172.17.0.0/16, the Docker network bridge; give the cluster other addresses: kind: { networking: { pod-subnet: … } }",
      "the service-subnet 10.96.0.0/16 of the cluster overlaps 10.96.4.0/24, a route of this machine through tun0; give the cluster other addresses: kind: { networking: { service-subnet: … } }",
    ]
  `)
  expect(subnetFindings(settings, {}, [])).toEqual([])
})
