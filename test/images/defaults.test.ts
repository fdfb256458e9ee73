import { describe, expect, test } from 'vitest'
import { inferImageDefaults } from '../../src/images/defaults.ts'
import { emptyConfig } from '../../src/images/dockerfile/image-config.ts'
import { findingsOf, parsed, valueOf } from './describe.ts'

function infer(text: string, target?: string, args: Readonly<Record<string, string>> = {}) {
  return valueOf(inferImageDefaults(parsed(text), target, { args: new Map(Object.entries(args)) }))
}

describe('defaults that a Dockerfile gives its service (S34)', () => {
  test('all of them, through the stages the target is built from', () => {
    const text = `ARG PORT=8000
FROM debian AS base
ENV HOME_DIR=/srv USER_NAME=app
WORKDIR /opt
EXPOSE 9100
CMD ["base"]
VOLUME /base
FROM other AS unused
EXPOSE 1
FROM base AS release
ARG PORT
WORKDIR $HOME_DIR
WORKDIR app
EXPOSE $PORT 53/udp 7000-7001
USER $USER_NAME:1000
ENTRYPOINT ["/app"]
CMD serve $PORT
VOLUME ["/data"]
HEALTHCHECK --interval=2s --retries=4 CMD curl localhost
STOPSIGNAL SIGINT
LABEL a=1 b="two words"`
    expect(infer(text)).toMatchInlineSnapshot(`
      {
        "command": [
          "/bin/sh",
          "-c",
          "serve $PORT",
        ],
        "entrypoint": [
          "/app",
        ],
        "env": Map {
          "HOME_DIR" => "/srv",
          "USER_NAME" => "app",
        },
        "healthcheck": {
          "interval": 2000,
          "retries": 4,
          "test": [
            "CMD-SHELL",
            "curl localhost",
          ],
        },
        "isComplete": false,
        "labels": Map {
          "a" => "1",
          "b" => "two words",
        },
        "onBuild": [],
        "ports": [
          {
            "port": 53,
            "protocol": "udp",
          },
          {
            "port": 7000,
            "protocol": "tcp",
          },
          {
            "port": 7001,
            "protocol": "tcp",
          },
          {
            "port": 8000,
            "protocol": "tcp",
          },
          {
            "port": 9100,
            "protocol": "tcp",
          },
        ],
        "stopSignal": "SIGINT",
        "user": "app:1000",
        "volumes": [
          "/base",
          "/data",
        ],
        "workingDirectory": "/srv/app",
      }
    `)
  })

  test.each([
    ['a shell ENTRYPOINT', 'ENTRYPOINT a b', { entrypoint: ['/bin/sh', '-c', 'a b'] }],
    ['SHELL changes it', 'SHELL ["bash", "-c"]\nCMD a', { command: ['bash', '-c', 'a'] }],
    ['only the last CMD counts', 'CMD ["a"]\nCMD ["b"]', { command: ['b'] }],
    [
      'ENTRYPOINT keeps a CMD of its stage',
      'CMD ["a"]\nENTRYPOINT ["e"]',
      { entrypoint: ['e'], command: ['a'] },
    ],
    ['HEALTHCHECK NONE', 'HEALTHCHECK CMD ["x"]\nHEALTHCHECK NONE', { healthcheck: 'none' }],
    ['exec HEALTHCHECK', 'HEALTHCHECK CMD ["x", "y"]', { healthcheck: { test: ['CMD', 'x', 'y'] } }],
    [
      'ENV in one line sees the line before',
      'ENV a=1\nENV a=2 b=$a',
      {
        env: new Map([
          ['a', '2'],
          ['b', '1'],
        ]),
      },
    ],
    ['an absolute WORKDIR', 'WORKDIR a\nWORKDIR /a/../b/', { workingDirectory: '/b' }],
  ])('%s', (_name, text, expected) => {
    expect(infer(`FROM x\n${text}`)).toMatchObject(expected)
  })

  test('ENTRYPOINT drops the CMD of its base', () => {
    expect(infer('FROM x AS a\nCMD ["c"]\nFROM a\nENTRYPOINT ["e"]')).not.toHaveProperty('command')
  })

  test('an argument from outside wins over the default; ENV is not overridden by it', () => {
    const text = 'FROM x\nARG P=1\nENV Q=$P\nEXPOSE $P $Q'
    expect(infer(text, undefined, { P: '2', Q: '9' }).ports).toEqual([{ port: 2, protocol: 'tcp' }])
  })

  test('scratch starts at / and is complete, an unknown base is not', () => {
    expect(infer('FROM scratch\nWORKDIR a')).toMatchObject({ workingDirectory: '/a', isComplete: true })
    expect(infer('FROM x\nWORKDIR a')).toMatchObject({ isComplete: false })
    expect(infer('FROM x\nWORKDIR a')).not.toHaveProperty('workingDirectory')
  })

  test('a known base adds its own, and its ONBUILD runs first', () => {
    const base = {
      ...emptyConfig,
      env: new Map([['DIR', '/w']]),
      workingDirectory: '/base',
      command: ['run'],
      onBuild: ['WORKDIR sub', 'EXPOSE 7'],
    }
    const inputs = { args: new Map(), baseConfig: () => base }
    const defaults = valueOf(inferImageDefaults(parsed('FROM x\nVOLUME $DIR'), undefined, inputs))
    expect(defaults).toMatchObject({
      workingDirectory: '/base/sub',
      command: ['run'],
      ports: [{ port: 7, protocol: 'tcp' }],
      volumes: ['/w'],
      onBuild: [],
      isComplete: true,
    })
  })

  test('what cannot be read', () => {
    const inputs = { args: new Map() }
    const result = inferImageDefaults(
      parsed('FROM scratch\nEXPOSE http 70000\nUSER ${U:?who}\nENV a="x'),
      undefined,
      inputs,
    )
    expect(findingsOf(result)).toMatchInlineSnapshot(`
      "Dockerfile:2:8+4 error dockerfile/expose: "http" is not a port (such as 8080, 53/udp or 7000-7010)
      Dockerfile:2:13+5 error dockerfile/expose: "70000" is not a port (such as 8080, 53/udp or 7000-7010)
      Dockerfile:3:6+9 error dockerfile/expansion: U: who
      Dockerfile:4:5+4 error dockerfile/expansion: the closing double quote is missing"
    `)
  })
})
