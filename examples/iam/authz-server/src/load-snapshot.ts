import { requestJson } from '../../common/src/json-client.ts'
import { audiences, serviceKeyId } from '../../common/src/names.ts'
import type { Snapshot } from '../../common/src/snapshot.ts'
import { signToken } from '../../common/src/token.ts'
import type { AuthzConfig } from './config.ts'

/** Asks the apiserver for everything; rejects where it does not answer with 200. */
export async function loadSnapshot({ apiserver, serviceKey, tls }: AuthzConfig): Promise<Snapshot> {
  const token = signToken({
    subject: audiences.authz,
    audience: audiences.apiserver,
    keyId: serviceKeyId,
    key: serviceKey,
    lifetimeSeconds: 60,
  })
  const { status, body } = await requestJson({
    method: 'GET',
    url: `${apiserver}/v1/snapshot`,
    token,
    ca: tls.ca,
  })
  if (status !== 200) throw new Error(`the apiserver answered ${String(status)}`)
  return body as Snapshot
}
