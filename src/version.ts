declare const __IAMSTACK_VERSION__: string | undefined

/** The version of the package; `source` when it runs unbundled, as tests do. */
export const version: string = typeof __IAMSTACK_VERSION__ === 'string' ? __IAMSTACK_VERSION__ : 'source'
