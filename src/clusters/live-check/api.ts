import { doubtful, fine, wrong, type LiveObservation, type LiveSubject } from './finding.ts'

/** Whether the server says that it is ready, and speaks a version that objects are made for. */
export async function checkApi(
  { client, cluster }: LiveSubject,
  signal: AbortSignal,
): Promise<LiveObservation> {
  const [{ major, minor, text }, answer] = await Promise.all([
    client.version(),
    client.raw('/readyz', signal),
  ])
  if (answer !== 'ok') return wrong(`the API server is not ready: ${String(answer)}`)
  const { oldest, newest } = cluster.abilities.versions
  const range = oldest === newest ? oldest : `${oldest} to ${newest}`
  if (isBefore([major, minor], oldest))
    return wrong(
      `Kubernetes ${text}: objects are made for ${range}, and older servers refuse or ignore fields`,
      'upgrade the cluster',
    )
  if (isBefore(numbersOf(newest), `${major}.${minor}`))
    return doubtful(
      `Kubernetes ${text}: objects are made for ${range}`,
      'look for a newer version of iamstack',
    )
  return fine(`Kubernetes ${text} answers at ${client.context.server}`)
}

function isBefore([major, minor]: readonly [number, number], other: string): boolean {
  const [otherMajor, otherMinor] = numbersOf(other)
  return major < otherMajor || (major === otherMajor && minor < otherMinor)
}

function numbersOf(version: string): readonly [number, number] {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return [major, minor]
}
