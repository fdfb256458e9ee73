import { oneLine, type ClusterEvent } from './events.ts'
import type { Container, Pod } from './pod.ts'

/** Tries after which a registry that does not answer counts as gone. */
const mostTries = 3
/** Without events, in milliseconds: the kubelet has tried three times by then. */
const triesTake = 45_000

/** What may pass by itself. It comes first: “lookup: no such host” is no missing image. */
const passing =
  /no such host|dial tcp|server misbehaving|timeout|timed out|deadline exceeded|temporary failure|connection re(fused|set)|network is unreachable|\bEOF\b|TLS handshake|toomanyrequests|too many requests|50[0234]\b|unavailable/i
const final =
  /not found|manifest unknown|name unknown|no such (image|manifest)|does not exist|denied|unauthorized|forbidden|authentication required|no basic auth|invalid reference|unsupported|no match(ing)? .*platform|x509|HTTP response to HTTPS/i

/** Why an image cannot be had; undefined while another try may help. */
export function imageProblem(
  pod: Pod,
  { image, state }: Container,
  events: readonly ClusterEvent[],
  age: number,
): string | undefined {
  if (state.kind !== 'waiting') return undefined
  switch (state.reason) {
    case 'ErrImageNeverPull':
      return `image ${image} is not on node ${pod.node ?? ''}, and nodes must not pull it`
    case 'InvalidImageName':
      return `${image} is no name of an image`
    case 'ImageInspectError':
    case 'SignatureValidationFailed':
      return `image ${image}: ${oneLine(state.message)}`
    case 'ErrImagePull':
    case 'RegistryUnavailable':
    case 'ImagePullBackOff': {
      const failures = events.filter(
        ({ reason, message }) => reason === 'Failed' && message.includes('pull image'),
      )
      const words = pullWords(image, [state.message, ...failures.map(({ message }) => message).reverse()])
      if (words === undefined) return undefined
      const tries = failures.reduce((sum, { count }) => sum + count, 0)
      const isOver = !passing.test(words) && final.test(words)
      return isOver || tries >= mostTries || (failures.length === 0 && age > triesTake)
        ? `image ${image} cannot be pulled: ${words}`
        : undefined
    }
    default:
      return undefined
  }
}

/** What the registry said, without what every layer between puts around it. */
function pullWords(image: string, messages: readonly string[]): string | undefined {
  const told = messages.map(oneLine).find((message) => passing.test(message) || final.test(message))
  const said = told ?? messages.map(oneLine).find((message) => !/^(Back-off pulling|Error: )/.test(message))
  if (said === undefined || said === '') return undefined
  return said
    .replace(/^Back-off pulling image "[^"]*":? ?/, '')
    .replace(/^Failed to pull image "[^"]*":? ?/, '')
    .replace(/^ErrImagePull: /, '')
    .replace(/^rpc error: code = \w+ desc = /, '')
    .replace(/^Error response from daemon: /, '')
    .replace(`failed to pull and unpack image "${image}": `, '')
    .trim()
}
