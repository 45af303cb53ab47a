import type { ReleaseRecord } from '../ports.ts'
import { isComplete, isUnderWay } from '../releases.ts'
import { localUser } from '../user.ts'

export function releaseNode(release: ReleaseRecord) {
  return {
    __typename: 'Release',
    id: release.id,
    version: release.version,
    description: 'Release',
    reason: '',
    status: release.status,
    stable: isComplete(release),
    inProgress: isUnderWay(release),
    deploymentStrategy: release.strategy,
    evaluationId: '',
    imageRef: release.imageRef,
    configDefinition: release.definition,
    metadata: release.metadata,
    user: { __typename: 'User', ...localUser, enablePaidHobby: false },
    createdAt: new Date(release.createdAt).toISOString(),
  }
}
