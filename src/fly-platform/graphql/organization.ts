import type { Organization } from '../organizations.ts'
import { localUser } from '../user.ts'
import { connection } from './connection.ts'

/** Fly gives ids of organizations as opaque texts; here they are the slugs. */
export function organizationNode({ id, slug, name, personal }: Organization) {
  return {
    __typename: 'Organization',
    id,
    slug,
    rawSlug: slug,
    name,
    internalNumericId: '1',
    type: personal ? 'PERSONAL' : 'SHARED',
    paidPlan: true,
    billable: true,
    billingStatus: 'CURRENT',
    viewerRole: 'admin',
    provisionsBetaExtensions: false,
    addOnSsoLink: null,
    remoteBuilderImage: '',
    remoteBuilderApp: null,
    settings: null,
    limitedAccessTokens: connection([]),
    members: {
      edges: [{ cursor: '1', node: userNode, role: 'admin', joinedAt: new Date(0).toISOString() }],
      nodes: [userNode],
      totalCount: 1,
    },
  }
}

const userNode = { __typename: 'User', ...localUser, enablePaidHobby: false }

export function viewerNode(organizations: readonly Organization[]) {
  const nodes = organizations.map(organizationNode)
  return { ...userNode, personalOrganization: nodes[0], organizations: connection(nodes) }
}
