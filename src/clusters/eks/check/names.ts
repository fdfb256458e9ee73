import { errorAt, type Diagnostic } from '../../../stack/diagnostics.ts'
import type { EksSettings } from '../settings.ts'
import { stackName } from '../templates/names.ts'

/** Sources: names of CloudFormation stacks in its list of limits; RepositoryName of AWS::ECR::Repository. */
const limits = { stack: 128, repository: 256 } as const

/** Names beyond what AWS takes, where those of the stack language allow more; and people it would not know. */
export function nameFindings(settings: EksSettings): Diagnostic[] {
  return [...stackFindings(settings), ...repositoryFindings(settings), ...adminFindings(settings)]
}

function stackFindings(settings: EksSettings): Diagnostic[] {
  return settings.nodes.flatMap(({ name }) => {
    const stack = stackName(settings, `nodes-${name}`)
    if (stack.length <= limits.stack) return []
    return [
      errorAt(
        'eks/name',
        `the CloudFormation stack ${stack} would have a name of ${stack.length} characters; AWS takes ${limits.stack}`,
        settings.at('nodes', name),
        'shorten the name of the cluster or of the node group',
      ),
    ]
  })
}

function repositoryFindings({ repositories, at }: EksSettings): Diagnostic[] {
  return repositories.flatMap((name) => {
    const isValid = /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name)
    if (isValid && name.length >= 2 && name.length <= limits.repository) return []
    return [
      errorAt(
        'eks/repository',
        `ECR cannot have a repository ${name}`,
        at(),
        `small letters and digits with single . _ - / between them, ${limits.repository} at most: name the image otherwise`,
      ),
    ]
  })
}

function adminFindings({ admins, at }: EksSettings): Diagnostic[] {
  return admins.flatMap((arn, index) => {
    const span = at('admins', String(index))
    if (admins.indexOf(arn) < index)
      return [errorAt('eks/admin', `${arn} is named twice; EKS takes each once`, span)]
    if (/^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/\S+$/.test(arn)) return []
    const role = /^arn:(aws[a-z-]*):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn)
    return [
      errorAt(
        'eks/admin',
        `${arn} is no role and no user`,
        span,
        role
          ? `a session passes; name its role: arn:${role[1] ?? ''}:iam::${role[2] ?? ''}:role/${role[3] ?? ''}`
          : 'like arn:aws:iam::123456789012:role/Admin',
      ),
    ]
  })
}
