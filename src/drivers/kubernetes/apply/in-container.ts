import type { KubeClient } from '../../../platform/kubernetes/client.ts'

export interface ContainerPlace {
  readonly namespace: string
  readonly pod: string
  readonly container: string
}

/** A short command in a container, and what it wrote. Undefined where it cannot be run: no such program, no such container. */
export async function runIn(
  client: KubeClient,
  { namespace, pod, container }: ContainerPlace,
  command: readonly string[],
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    const execution = await client.exec(
      namespace,
      pod,
      { container, command, tty: false, stdin: false },
      signal,
    )
    const chunks: Buffer[] = []
    for await (const chunk of execution.stdout) chunks.push(Buffer.from(chunk))
    return (await execution.exitCode) === 0 ? Buffer.concat(chunks) : undefined
  } catch {
    // Each runtime has its own words for a program that is not in an image; the caller has another way for all of them.
    signal.throwIfAborted()
    return undefined
  }
}
