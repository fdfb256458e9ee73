import type { EksSettings } from '../settings.ts'
import { attribute, template, type Template, type TemplateResource } from './document.ts'
import { logicalId, tagList } from './names.ts'

/** Tagged images that a repository keeps: enough to roll back to any revision of a few weeks. */
const keptImages = 50
/** Days after which layers that lost their tag go. */
const untaggedDays = 1

/** A repository for each image of the stack. A tag is a hash of what went in, so that it never means something else. */
export function registryTemplate(settings: EksSettings): Template {
  const named = settings.repositories.map((name) => [logicalId('Repository', name), name] as const)
  return template(`Image repositories of the stack ${settings.stack}`, {
    Resources: Object.fromEntries(named.map(([id, name]) => [id, repository(settings, name)])),
    Outputs: Object.fromEntries(named.map(([id]) => [id, { Value: attribute(id, 'RepositoryUri') }])),
  })
}

function repository(settings: EksSettings, name: string): TemplateResource {
  return {
    Type: 'AWS::ECR::Repository',
    DeletionPolicy: 'Delete',
    UpdateReplacePolicy: 'Delete',
    Properties: {
      // What `down --all` is asked to delete, it deletes with what is in it.
      EmptyOnDelete: true,
      ImageScanningConfiguration: { ScanOnPush: true },
      ImageTagMutability: 'IMMUTABLE',
      LifecyclePolicy: { LifecyclePolicyText: lifecycle() },
      RepositoryName: name,
      Tags: tagList(settings, 'registry'),
    },
  }
}

/** Source: docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html. A rule for all tags has to come last. */
function lifecycle(): string {
  const expire = { type: 'expire' }
  return JSON.stringify({
    rules: [
      {
        rulePriority: 1,
        description: 'What lost its tag',
        selection: {
          tagStatus: 'untagged',
          countType: 'sinceImagePushed',
          countUnit: 'days',
          countNumber: untaggedDays,
        },
        action: expire,
      },
      {
        rulePriority: 2,
        description: 'Old builds',
        selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: keptImages },
        action: expire,
      },
    ],
  })
}
