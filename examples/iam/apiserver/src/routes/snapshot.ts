import { unauthorized } from '../../../common/src/http-error.ts'
import { audiences, serviceKeyId } from '../../../common/src/names.ts'
import type { Routes } from '../../../common/src/router.ts'
import type { Snapshot } from '../../../common/src/snapshot.ts'
import { bearerOf, readToken, whyInvalid } from '../../../common/src/token.ts'
import type { Context } from '../context.ts'
import { listAllPolicies } from '../policies.ts'
import { listSigningKeys } from '../secrets.ts'

/** Everything that decisions need, keys included: for the authz-server alone, which signs with the key that both share. */
export function snapshotRoutes({ database, serviceKey }: Context): Routes {
  return {
    'GET /v1/snapshot': async ({ raw }) => {
      const token = readToken(bearerOf(raw.headers.authorization) ?? '')
      const reason =
        token?.keyId === serviceKeyId
          ? whyInvalid(token, serviceKey, audiences.apiserver)
          : 'no service token'
      if (reason !== undefined) throw unauthorized(reason)
      const [secrets, policies] = [await listSigningKeys(database), await listAllPolicies(database)]
      const snapshot: Snapshot = {
        secrets,
        policies: policies.map(({ owner, policy }) => ({ owner, policy })),
      }
      return { body: snapshot }
    },
  }
}
