import { badRequest, notFound } from '../../../common/src/http-error.ts'
import { parsePolicy, type Policy } from '../../../common/src/policy.ts'
import type { Routes } from '../../../common/src/router.ts'
import { ownerOf } from '../authenticate.ts'
import { forCaller, orConflict, readPage, type Context } from '../context.ts'
import {
  createPolicy,
  deletePolicy,
  findPolicy,
  listPolicies,
  updatePolicy,
  type OwnedPolicy,
} from '../policies.ts'

/** Of the caller; an administrator lists those of all and reaches one of another by `?owner=`. */
export function policyRoutes(context: Context): Routes {
  const { database, announce } = context
  return {
    'GET /v1/policies': forCaller(context, async (request, caller) => {
      const { limit, offset } = readPage(request.query)
      const owner = caller.isAdmin && !request.query.has('owner') ? undefined : ownerOf(request, caller)
      return { body: { items: (await listPolicies(database, owner, limit, offset)).map(shown) } }
    }),
    'POST /v1/policies': forCaller(context, async ({ body }, caller) => {
      const policy = readPolicy(body)
      await orConflict(`policy ${policy.name}`, createPolicy(database, caller.name, policy))
      announce('policies')
      return { status: 201, body: shown(await policyNamed(context, caller.name, policy.name)) }
    }),
    'GET /v1/policies/:name': forCaller(context, async (request, caller) => ({
      body: shown(await policyNamed(context, ownerOf(request, caller), request.parameters['name'])),
    })),
    'PUT /v1/policies/:name': forCaller(context, async (request, caller) => {
      const { owner, policy: old } = await policyNamed(
        context,
        ownerOf(request, caller),
        request.parameters['name'],
      )
      const policy = readPolicy(request.body)
      if (policy.name !== old.name) throw badRequest('a policy keeps its name', [`name must be ${old.name}`])
      await updatePolicy(database, owner, policy)
      announce('policies')
      return { body: shown(await policyNamed(context, owner, policy.name)) }
    }),
    'DELETE /v1/policies/:name': forCaller(context, async (request, caller) => {
      const { owner, policy } = await policyNamed(
        context,
        ownerOf(request, caller),
        request.parameters['name'],
      )
      await deletePolicy(database, owner, policy.name)
      announce('policies')
      return {}
    }),
  }
}

function shown({ policy, ...rest }: OwnedPolicy): Policy & Omit<OwnedPolicy, 'policy'> {
  return { ...policy, ...rest }
}

function readPolicy(body: unknown): Policy {
  const { policy, problems } = parsePolicy(body)
  if (problems.length > 0) throw badRequest('the policy is not valid', problems)
  return policy
}

async function policyNamed({ database }: Context, owner: string, name = ''): Promise<OwnedPolicy> {
  const found = await findPolicy(database, owner, name)
  if (!found) throw notFound(`${owner} has no policy ${name}`)
  return found
}
