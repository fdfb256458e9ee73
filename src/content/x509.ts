import type * as Library from '@peculiar/x509'

export type X509 = typeof Library

let loaded: Promise<X509> | undefined

/** The library for certificates, loaded when one is made: that takes longer than most commands. */
export function loadX509(): Promise<X509> {
  loaded ??= load()
  return loaded
}

/**
 * The container for dependencies that the library registers its algorithms in refuses to load where decorators cannot leave
 * metadata. The library's own classes leave none, so "there is none" is the right answer, and only needed while it loads.
 */
async function load(): Promise<X509> {
  const reflect = Reflect as { getMetadata?: unknown; getOwnMetadata?: unknown }
  const isOurs = reflect.getMetadata === undefined
  if (isOurs) Object.assign(reflect, { getMetadata: () => undefined, getOwnMetadata: () => undefined })
  try {
    const library = await import('@peculiar/x509')
    library.cryptoProvider.set(globalThis.crypto)
    return library
  } finally {
    if (isOurs) {
      delete reflect.getMetadata
      delete reflect.getOwnMetadata
    }
  }
}
