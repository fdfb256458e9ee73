import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { Socket } from 'node:net'
import { Duplex, type Readable, type Writable } from 'node:stream'
import type { EngineEndpoint } from './endpoint.ts'

/** The command that carries a connection to an engine over ssh, as Docker's own (`cli/connhelper`) runs it. */
export function sshArguments(endpoint: Extract<EngineEndpoint, { kind: 'ssh' }>): string[] {
  return [
    ...['-o', 'ConnectTimeout=30', '-T'],
    ...(endpoint.user === undefined ? [] : ['-l', endpoint.user]),
    ...(endpoint.port === undefined ? [] : ['-p', String(endpoint.port)]),
    ...['--', endpoint.host, 'docker'],
    ...(endpoint.socket === undefined ? [] : ['--host', `unix://${endpoint.socket}`]),
    ...['system', 'dial-stdio'],
  ]
}

/**
 * A command's standard input and output as one connection. It has those methods of a socket that the HTTP agent calls when it
 * keeps a connection for the next request; an idle one does not keep the process alive.
 */
export class SshConnection extends Duplex {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  #complaint = ''

  constructor(endpoint: Extract<EngineEndpoint, { kind: 'ssh' }>) {
    super({ allowHalfOpen: true })
    this.#child = spawn('ssh', sshArguments(endpoint), { stdio: ['pipe', 'pipe', 'pipe'] })
    const { stdin, stdout, stderr } = this.#child
    this.#child.once('error', (error) => this.destroy(error))
    this.#child.once('close', (code) => {
      // A failing command closes its output before it says why, so only its end tells which of the two it was.
      if (code === 0) this.push(null)
      else if (!this.destroyed) this.destroy(new Error(this.#complaint || `ssh ended with ${String(code)}`))
    })
    // Its failure is told by the exit of the command, which knows the reason.
    stdin.on('error', () => undefined)
    stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) stdout.pause()
    })
    stderr.on('data', (chunk: Buffer) => {
      this.#complaint = (this.#complaint + chunk.toString()).slice(-2000)
    })
  }

  override _read(): void {
    this.#child.stdout.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#child.stdin.write(chunk, (error) => {
      if (error && this.#child.exitCode === null && this.#child.signalCode === null)
        this.#child.once('close', () => callback(error))
      else callback(error)
    })
  }

  override _final(callback: () => void): void {
    this.#child.stdin.end(callback)
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#child.kill()
    callback(error)
  }

  ref(): this {
    this.#child.ref()
    for (const pipe of this.#sockets()) pipe.ref()
    return this
  }

  unref(): this {
    this.#child.unref()
    for (const pipe of this.#sockets()) pipe.unref()
    return this
  }

  setKeepAlive(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  setTimeout(): this {
    return this
  }

  #sockets(): Socket[] {
    return [this.#child.stdin, this.#child.stdout, this.#child.stderr].filter(
      (pipe) => pipe instanceof Socket,
    )
  }
}
