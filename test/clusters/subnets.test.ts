import { expect, test } from 'vitest'
import { overlaps, routesOf, subnetsOfMachine } from '../../src/clusters/subnets.ts'

test.each([
  ['10.0.0.0/8', '10.244.0.0/16', true],
  ['10.244.0.0/16', '10.0.0.0/8', true],
  ['10.244.0.0/16', '10.245.0.0/16', false],
  ['172.18.0.0/16', '172.18.255.255/32', true],
  ['0.0.0.0/0', '1.2.3.4/32', true],
  ['fd00:10:244::/56', 'fd00:10:244:1::/64', true],
  ['fd00:10:244::/56', 'fd00:10:96::/112', false],
  ['::/0', '10.0.0.0/8', false],
  ['10.0.0.0', '10.0.0.0/8', false],
  ['10.0.0.0/33', '10.0.0.0/8', false],
  ['300.0.0.0/8', '10.0.0.0/8', false],
  ['fd00::1::2/64', 'fd00::/8', false],
])('%s overlaps %s: %s', (one, other, expected) => {
  expect(overlaps(one, other)).toBe(expected)
})

test('routes of Linux, without the default one', () => {
  const table = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	0101A8C0	0003	0	0	0	00000000	0	0	0
tun0	0000600A	00000000	0001	0	0	0	0000FFFF	0	0	0
`
  expect(routesOf(table)).toEqual([{ cidr: '10.96.0.0/16', by: 'a route of this machine through tun0' }])
})

test('this machine has no subnet that is no subnet', async () => {
  const found = await subnetsOfMachine()
  expect(found.every(({ cidr }) => overlaps(cidr, cidr))).toBe(true)
})
