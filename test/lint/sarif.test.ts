import { expect, test } from 'vitest'
import { allRules } from '../../src/lint/rules.ts'
import { asSarif } from '../../src/lint/sarif.ts'
import { lintText } from './lint.ts'

/** The parts of SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0) that a code host reads. */
interface Sarif {
  readonly $schema: string
  readonly version: string
  readonly runs: readonly {
    readonly tool: {
      readonly driver: { readonly name: string; readonly rules: readonly { readonly id: string }[] }
    }
    readonly results: readonly {
      readonly ruleId: string
      readonly ruleIndex: number
      readonly level: string
      readonly message: { readonly text: string }
      readonly suppressions?: readonly { readonly kind: string; readonly justification: string }[]
    }[]
  }[]
}

test('findings are results of SARIF, ignored ones with their reason (S106)', async () => {
  const report = await lintText(`# iamstack-lint-ignore KM001: one tenant
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      securityContext: { runAsUser: 20000, runAsGroup: 20000 }
      containers:
        - name: web
          image: web
          readinessProbe: { tcpSocket: { port: 80 } }
          securityContext: { readOnlyRootFilesystem: true }
          resources: { limits: { cpu: 1, memory: 1Gi } }
`)
  const sarif = asSarif(report, '/todo', '1.0.0') as Sarif
  expect(sarif.version).toBe('2.1.0')
  const [run] = sarif.runs
  for (const { ruleId, ruleIndex, level } of run?.results ?? []) {
    expect(run?.tool.driver.rules[ruleIndex]?.id).toBe(ruleId)
    expect(['error', 'warning', 'note', 'none']).toContain(level)
  }
  expect(run?.results).toMatchInlineSnapshot(`
    [
      {
        "level": "error",
        "locations": [
          {
            "physicalLocation": {
              "artifactLocation": {
                "uri": "k8s.yaml",
                "uriBaseId": "STACK",
              },
              "region": {
                "endColumn": 16,
                "startColumn": 11,
                "startLine": 13,
              },
            },
          },
        ],
        "message": {
          "text": "Deployment web, container web: web is another image each time. Hint: name a version, or an image of the stack",
        },
        "ruleId": "KM010",
        "ruleIndex": 25,
      },
      {
        "level": "note",
        "locations": [
          {
            "physicalLocation": {
              "artifactLocation": {
                "uri": "k8s.yaml",
                "uriBaseId": "STACK",
              },
              "region": {
                "endColumn": 20,
                "startColumn": 11,
                "startLine": 16,
              },
            },
          },
        ],
        "message": {
          "text": "Deployment web, container web: has no ephemeral-storage request, no ephemeral-storage limit. Hint: a pod that fills the disk of its node is then evicted, and not its neighbours",
        },
        "ruleId": "KM009",
        "ruleIndex": 24,
      },
      {
        "level": "error",
        "locations": [
          {
            "physicalLocation": {
              "artifactLocation": {
                "uri": "k8s.yaml",
                "uriBaseId": "STACK",
              },
              "region": {
                "endColumn": 17,
                "startColumn": 13,
                "startLine": 4,
              },
            },
          },
        ],
        "message": {
          "text": "Deployment web: every pod of the cluster may talk to it. Hint: add a NetworkPolicy that selects its pods",
        },
        "ruleId": "KM001",
        "ruleIndex": 16,
        "suppressions": [
          {
            "justification": "one tenant",
            "kind": "inSource",
          },
        ],
      },
    ]
  `)
  expect({
    ...run,
    results: [],
    tool: { driver: { ...run?.tool.driver, rules: [] } },
  }).toMatchInlineSnapshot(`
    {
      "columnKind": "utf16CodeUnits",
      "originalUriBaseIds": {
        "STACK": {
          "uri": "file:///todo/",
        },
      },
      "results": [],
      "tool": {
        "driver": {
          "name": "iamstack",
          "rules": [],
          "version": "1.0.0",
        },
      },
    }
  `)
})

test('every rule has an id and a name of its own', () => {
  expect(new Set(allRules.map(({ id }) => id)).size).toBe(allRules.length)
  expect(new Set(allRules.map(({ name }) => name)).size).toBe(allRules.length)
  for (const { id, name, summary } of allRules) {
    expect(id).toMatch(/^(DF|KM|ST|LN)\d{3}$/)
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(summary).toMatch(/^[A-Z].*\.$/)
  }
})
