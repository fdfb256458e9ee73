import { expect, test } from 'vitest'
import { describeEndpoint, parseEngineHost } from '../../../src/platform/engine/endpoint.ts'
import { sshArguments } from '../../../src/platform/engine/ssh-connection.ts'

const tls = { isVerified: true }

test('every form of DOCKER_HOST that Docker takes', () => {
  const forms = [
    'unix:///run/user/1000/docker.sock',
    'unix://',
    'npipe:////./pipe/docker_engine',
    'tcp://10.0.0.5',
    'tcp://10.0.0.5:2300/prefix/',
    '127.0.0.1:2375',
    'tcp://[::1]:2375',
    'https://engine.example',
    'ssh://me@build.example:2222',
    'ssh://build.example/run/user/1000/docker.sock',
  ]
  expect(forms.map((form) => [form, describeEndpoint(parseEngineHost(form, 'DOCKER_HOST', undefined))]))
    .toMatchInlineSnapshot(`
    [
      [
        "unix:///run/user/1000/docker.sock",
        "unix:///run/user/1000/docker.sock",
      ],
      [
        "unix://",
        "unix:///var/run/docker.sock",
      ],
      [
        "npipe:////./pipe/docker_engine",
        "npipe:////./pipe/docker_engine",
      ],
      [
        "tcp://10.0.0.5",
        "tcp://10.0.0.5:2375",
      ],
      [
        "tcp://10.0.0.5:2300/prefix/",
        "tcp://10.0.0.5:2300/prefix",
      ],
      [
        "127.0.0.1:2375",
        "tcp://127.0.0.1:2375",
      ],
      [
        "tcp://[::1]:2375",
        "tcp://[::1]:2375",
      ],
      [
        "https://engine.example",
        "tcp://engine.example:2376",
      ],
      [
        "ssh://me@build.example:2222",
        "ssh://me@build.example:2222",
      ],
      [
        "ssh://build.example/run/user/1000/docker.sock",
        "ssh://build.example/run/user/1000/docker.sock",
      ],
    ]
  `)
})

test('the port is 2376 with TLS', () => {
  expect(parseEngineHost('tcp://10.0.0.5', 'DOCKER_HOST', tls)).toMatchObject({ port: 2376, tls })
})

test.each(['fd://', 'ftp://host', 'tcp://:2375', 'ssh://me:secret@host', 'ssh://-oProxyCommand=evil/'])(
  '%s is refused, and no password is repeated',
  (form) => {
    expect(() => parseEngineHost(form, 'DOCKER_HOST', undefined)).toThrow(/^DOCKER_HOST is "/)
    expect(() => parseEngineHost(form, 'DOCKER_HOST', undefined)).not.toThrow(/secret/)
  },
)

test('ssh runs "docker system dial-stdio" there, the host after a double dash', () => {
  const endpoint = parseEngineHost('ssh://me@build.example:2222/run/docker.sock', 'DOCKER_HOST', undefined)
  if (endpoint.kind !== 'ssh') throw new Error('not ssh')
  expect(sshArguments(endpoint).join(' ')).toMatchInlineSnapshot(
    `"-o ConnectTimeout=30 -T -l me -p 2222 -- build.example docker --host unix:///run/docker.sock system dial-stdio"`,
  )
})
