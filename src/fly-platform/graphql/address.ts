import type { IpAssignment } from '#contract'
import { organizationNode } from './organization.ts'

/** The id of an address is the address. */
export function addressNode(ip: IpAssignment) {
  return {
    __typename: 'IPAddress',
    id: ip.ip,
    address: ip.ip,
    type: typeOf(ip),
    region: ip.region,
    serviceName: ip.service_name,
    network: ip.network && {
      name: ip.network.name,
      organization: organizationNode({
        id: ip.network.org_slug,
        slug: ip.network.org_slug,
        name: ip.network.org_slug,
        personal: ip.network.org_slug === 'personal',
      }),
    },
    createdAt: ip.created_at,
  }
}

function typeOf({ ip, shared, network }: IpAssignment): string {
  if (shared) return 'shared_v4'
  if (network) return 'private_v6'
  return ip.includes(':') ? 'v6' : 'v4'
}
