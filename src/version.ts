declare const __IAMSTACK_VERSION__: string | undefined
declare const __IAMSTACK_BUILD__: string | undefined

/** The version of the package; `source` when it runs unbundled, as tests do. */
export const version: string = typeof __IAMSTACK_VERSION__ === 'string' ? __IAMSTACK_VERSION__ : 'source'

/** Tells two builds of one version apart: a session of another build is replaced. */
export const build: string = typeof __IAMSTACK_BUILD__ === 'string' ? __IAMSTACK_BUILD__ : 'source'
