/** What the programs call each other by. A name that two of them use stands here and nowhere else. */

/** Redis channels: the apiserver says that something changed, the authz-server loads anew. */
export const channels = { policies: 'iam.policies', secrets: 'iam.secrets' } as const

/** Redis list of decisions, the newest at its head. */
export const analyticsList = 'iam:analytics'

/** Audiences of tokens. */
export const audiences = { apiserver: 'iam-apiserver', authz: 'iam-authz-server' } as const

/** Key id of the token that the authz-server shows to load its snapshot. */
export const serviceKeyId = 'service'
