import { expect, test } from 'vitest'
import { proxyFor } from '../../../src/platform/kubernetes/proxy.ts'

const env = {
  HTTPS_PROXY: 'http://proxy:3128',
  http_proxy: 'plain:80',
  NO_PROXY: 'corp.example, .svc,10.0.0.0/8,fd00::/8, host.example:6443,192.168.1.1',
}
const through = (server: string, configured?: string) =>
  proxyFor(new URL(server), configured, env)?.href ?? 'direct'

test.each([
  ['https://cluster.eks.amazonaws.com', 'http://proxy:3128/'],
  ['http://cluster.example', 'http://plain/'],
  ['https://localhost:6443', 'direct'],
  ['https://127.0.0.1:6443', 'direct'],
  ['https://[::1]:6443', 'direct'],
  ['https://corp.example', 'direct'],
  ['https://k8s.corp.example', 'direct'],
  ['https://notcorp.example', 'http://proxy:3128/'],
  ['https://api.svc', 'direct'],
  ['https://svc', 'http://proxy:3128/'],
  ['https://10.1.2.3:6443', 'direct'],
  ['https://11.1.2.3:6443', 'http://proxy:3128/'],
  ['https://[fd00::5]', 'direct'],
  ['https://host.example:6443', 'direct'],
  ['https://host.example', 'http://proxy:3128/'],
  ['https://192.168.1.1', 'direct'],
])('%s goes %s', (server, expected) => {
  expect(through(server)).toBe(expected)
})

test('the kubeconfig’s own proxy counts for every server', () => {
  expect(through('https://127.0.0.1:6443', 'socks5://jump:1080')).toBe('socks5://jump:1080')
})

test('an asterisk, and no proxy at all', () => {
  expect(proxyFor(new URL('https://x'), undefined, { ...env, NO_PROXY: '*' })).toBeUndefined()
  expect(proxyFor(new URL('https://x'), undefined, {})).toBeUndefined()
})
