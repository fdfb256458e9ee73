import { describe, expect, test } from 'vitest'
import { StackError } from '../../../src/stack/diagnostics.ts'
import type { Given } from '../compose/setup.ts'
import { desiredOf, objectsOf, shown } from './desired-setup.ts'

describe('contents', () => {
  test('what a cluster cannot hold is told with its line (S40)', async () => {
    const yaml = `
services:
  a:
    image: x:1
    env: { A: { config: big, key: nothing } }
    env-from: [ { config: odd } ]
    mounts: { /c: { config: big }, /d: { config: odd } }
configs: { big: { literals: { k: v } }, odd: { literals: { k: v } }, unread: { literals: { k: v } } }
`
    const given: Given = {
      configs: {
        big: { one: 'x'.repeat(800_000), two: 'y'.repeat(400_000) },
        odd: { 'a/b': '1', a__b: '2', '..c': '3', 'ü d': '4' },
        unread: { huge: 'x'.repeat(2_000_000) },
      },
    }
    const error: unknown = await desiredOf(yaml, given).catch((caught: unknown) => caught)
    if (!(error instanceof StackError)) throw error
    const lines = error.diagnostics.map(
      ({ code, message, span, hint }) => `${String(span?.line)} ${code}: ${message} (${hint ?? ''})`,
    )
    expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
      "
      9 kubernetes/config-size: config big has 1172 KiB, and a ConfigMap holds 1024 (put large files into the image or a volume; the largest is one with 782 KiB)
      9 kubernetes/config-key: config odd: a/b and a__b would both be the key a__b ()
      9 kubernetes/config-key: config odd: Kubernetes mounts no file whose name begins with two dots ()
      6 mount/unknown-key: config big has no key nothing (it has one, two)
      7 environment/name: config odd has a/b, which cannot be the name of a variable (rename it, or name what is wanted under \`env\`)
      7 environment/name: config odd has ..c, which cannot be the name of a variable (rename it, or name what is wanted under \`env\`)
      7 environment/name: config odd has ü d, which cannot be the name of a variable (rename it, or name what is wanted under \`env\`)
      "
    `)
  })

  test('files in folders and of any name are mounted under their own paths (S43)', async () => {
    const yaml = `
services: { a: { image: x:1, mounts: { /d: { config: c, mode: "0640" } } } }
configs: { c: { literals: { k: v } } }
`
    const given: Given = { configs: { c: { 'sub/a b.txt': '1', plain: '2' } } }
    expect(await shown(yaml, '1-config.c.yaml', given)).toMatchInlineSnapshot(`
      "apiVersion: v1
      kind: ConfigMap
      metadata:
        name: c
        namespace: test
        labels:
          app.kubernetes.io/managed-by: iamstack
          app.kubernetes.io/part-of: test
          iamstack.dev/project: test
          iamstack.dev/resource: config.c
      data:
        sub__a_x20_b.txt: "1"
        plain: "2"
      "
    `)
    expect((await shown(yaml, '3-service.a.yaml', given)).split('      volumes:\n')[1])
      .toMatchInlineSnapshot(`
      "        - name: config-c
                projected:
                  defaultMode: 416
                  sources:
                    - configMap:
                        name: c
                        items:
                          - key: sub__a_x20_b.txt
                            path: "sub/a b.txt"
                          - key: plain
                            path: plain
      "
    `)
  })

  test('no value of a secret is in an object, a part or a rendering (S48)', async () => {
    const yaml = `
services: { a: { image: x:1, env: { A: { secret: s, key: k }, B: "x\${secret.s.k}y" }, mounts: { /c: { config: c } } } }
configs: { c: { literals: { k: v } } }
secrets: { s: { k: { env: K } } }
`
    const given: Given = { configs: { c: { f: 'pw=${secret.s.k}' } }, secrets: { s: { k: 'hunter22' } } }
    expect(JSON.stringify(await desiredOf(yaml, given))).not.toContain('hunter22')
    expect(await shown(yaml, '1-config.c.yaml', given)).toMatchInlineSnapshot(`
      "apiVersion: v1
      kind: ConfigMap
      metadata:
        name: c
        namespace: test
        labels:
          app.kubernetes.io/managed-by: iamstack
          app.kubernetes.io/part-of: test
          iamstack.dev/project: test
          iamstack.dev/resource: config.c
      ---
      apiVersion: v1
      kind: Secret
      metadata:
        name: c-config
        namespace: test
        labels:
          app.kubernetes.io/managed-by: iamstack
          app.kubernetes.io/part-of: test
          iamstack.dev/project: test
          iamstack.dev/resource: config.c
      type: Opaque
      stringData:
        f: "pw=***"
      "
    `)
  })

  test('whoever runs can read what is for him alone', async () => {
    const pod = async (fields: string, user?: string) => {
      const yaml = `
images: { app: { context: . } }
services: { a: { image: app, mounts: { /s: { secret: s } }, ${fields} } }
secrets: { s: { k: { env: K } } }
`
      const defaults = {
        ports: [],
        workingDir: undefined,
        stopSignal: undefined,
        hasHealthcheck: false,
        volumes: [],
        entrypoint: undefined,
        command: undefined,
        user,
      }
      const images = new Map([['app', { hash: 'a'.repeat(64), reference: 'app:a', defaults }]])
      const [deployment] = objectsOf(await desiredOf(yaml, { images }), 'service/a')
      const spec = deployment?.object['spec'] as {
        template: {
          spec: { securityContext?: { fsGroup?: number }; volumes: { projected: { defaultMode: number } }[] }
        }
      }
      const { securityContext, volumes } = spec.template.spec
      return `${String(securityContext?.fsGroup)} ${(volumes[0]?.projected.defaultMode ?? 0).toString(8)}`
    }
    expect(await pod('tty: false')).toBe('undefined 400')
    expect(await pod('user: 1000')).toBe('1000 400')
    expect(await pod('user: 1000, group: 2000')).toBe('2000 400')
    expect(await pod('user: 1000, fs-group: 3000')).toBe('3000 400')
    expect(await pod('user: 0')).toBe('undefined 400')
    expect(await pod('tty: false', '1000:50')).toBe('50 400')
    expect(await pod('tty: false', 'node')).toBe('undefined 444')
  })
})
