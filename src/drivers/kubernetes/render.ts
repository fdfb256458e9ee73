import type { ResourceKind } from '../../plan/resource.ts'
import type { ResolvedStack } from '../../resolve/resolved.ts'
import { textAsWritten } from '../../resolve/text.ts'
import { yamlText, type Yaml } from '../yaml-text.ts'
import type { ChartSpec, DesiredObject, KubeResource, SecretContent } from './spec.ts'

/**
 * The stack as files that `kubectl apply` takes, one for each resource, in an order in which all can be made; of charts the
 * values, with the command that installs them. Secrets have their keys and `***`.
 */
export function render(
  resources: readonly KubeResource[],
  stack: ResolvedStack,
): { readonly path: string; readonly text: string }[] {
  return resources
    .flatMap(({ kind, name, spec }) => {
      switch (spec.kind) {
        case 'objects': {
          if (spec.objects.length === 0) return []
          const documents = spec.objects.map((each) => yamlText(yamlOf(shown(each, stack))))
          const path = `${tiers[kind]}-${kind}.${fileName(name)}.yaml`
          return [{ path, text: documents.join('---\n') }]
        }
        case 'chart':
          return [{ path: `charts/${fileName(name)}.values.yaml`, text: chartText(spec, stack) }]
        case 'cluster':
        case 'image':
        case 'delivery':
          return []
        default:
          return spec satisfies never
      }
    })
    .sort((one, other) => (one.path < other.path ? -1 : 1))
}

/** `kubectl apply -f FOLDER` goes by file name: what is used stands before what uses it. */
const tiers: Readonly<Record<ResourceKind, number>> = {
  namespace: 0,
  network: 1,
  volume: 1,
  config: 1,
  secret: 1,
  cert: 1,
  job: 2,
  service: 3,
  route: 4,
  manifest: 5,
  chart: 6,
  cluster: 0,
  image: 0,
  delivery: 0,
  files: 1,
  gateway: 4,
}

function fileName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._-]+/g, '-')
}

function shown({ object, secrets }: DesiredObject, stack: ResolvedStack): unknown {
  if (secrets.size === 0) return object
  const stringData = Object.fromEntries(
    [...secrets].map(([key, content]) => [key, placeholderOf(content, stack)]),
  )
  return { ...object, stringData }
}

/** Enough to see what stands there, and what the API server checks of its form. */
function placeholderOf(content: SecretContent, { registries }: ResolvedStack): string {
  switch (content.kind) {
    case 'secret':
    case 'cert':
      return mask
    case 'text':
      return textAsWritten({
        ...content.text,
        parts: content.text.parts.map((each) => (typeof each === 'string' ? each : mask)),
      })
    case 'registry': {
      const host = registries.get(content.registry)?.host ?? content.registry
      return JSON.stringify({ auths: { [host]: { auth: mask } } })
    }
    default:
      return content satisfies never
  }
}

const mask = '***'

function chartText({ chart }: ChartSpec, { namespace }: ResolvedStack): string {
  const { name, version } = chart
  const { kind, source, chart: chartName } = chart.chart
  const what = kind === 'repo' ? `${chartName} --repo ${source}` : source
  const pinned = version === undefined ? '' : ` --version ${version}`
  const command = `helm upgrade --install ${name} ${what}${pinned} --namespace ${namespace} --values FILE`
  return `# ${command}\n${yamlText(yamlOf(chart.values))}`
}

/** JSON as the writer of YAML takes it. */
function yamlOf(value: unknown): Yaml {
  if (Array.isArray(value)) return value.map(yamlOf)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, each]: [string, unknown]) =>
        each === undefined ? [] : [[key, yamlOf(each)]],
      ),
    )
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}
