import { inspect } from 'node:util'

/** A secret on its way from its source to the step that needs it. Printing, logging or serialising it shows `***`. */
export class SecretValue {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  static ofText(text: string): SecretValue {
    return new SecretValue(new TextEncoder().encode(text))
  }

  /** The value itself. Call it only where it leaves for its destination. */
  expose(): Uint8Array {
    return this.#bytes
  }

  exposeText(): string {
    return new TextDecoder().decode(this.#bytes)
  }

  toString(): string {
    return '***'
  }

  toJSON(): string {
    return '***'
  }

  [inspect.custom](): string {
    return '***'
  }
}
