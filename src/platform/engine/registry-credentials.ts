import { inspect } from 'node:util'

/** What a registry takes as proof: user and password, or an identity token. */
export type RegistryProof =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity-token'; readonly token: string }

/** Credentials of one registry. Printing or serialising them shows `***`; the proof is given only to whoever asks for it by name. */
export class RegistryCredentials {
  /** As Docker writes it: `host[:port]`, or `https://index.docker.io/v1/`. */
  readonly registry: string
  readonly #proof: RegistryProof

  constructor(registry: string, proof: RegistryProof) {
    this.registry = registry
    this.#proof = proof
  }

  /** The proof itself: for a request to the engine or the registry, and for nothing that is written down. */
  reveal(): RegistryProof {
    return this.#proof
  }

  /** The value of X-Registry-Auth: JSON in URL-safe base64 (Engine API, "Authentication"). */
  authHeader(): string {
    const proof = this.#proof
    const content =
      proof.kind === 'password'
        ? { username: proof.username, password: proof.password, serveraddress: this.registry }
        : { identitytoken: proof.token, serveraddress: this.registry }
    // The engine insists on padding, which Node's base64url leaves out.
    return Buffer.from(JSON.stringify(content)).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
  }

  toJSON(): string {
    return '***'
  }

  [inspect.custom](): string {
    return `RegistryCredentials(${this.registry}, ***)`
  }
}
