declare const __BUILD_ID__: string | undefined

/** Twelve hexadecimal digits of the hash of the sources; `source` where nothing was built (in tests). */
export const buildId = typeof __BUILD_ID__ === 'string' ? __BUILD_ID__ : 'source'
