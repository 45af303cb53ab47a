import { findOrganization, listOrganizations, type Organization } from '../organizations.ts'
import { paramOf, type RestRoute } from './route.ts'

export const organizationRoutes: readonly RestRoute[] = [
  {
    method: 'GET',
    path: '/organizations',
    answer: async ({ api }) => ({ organizations: (await listOrganizations(api)).map(describe) }),
  },
  {
    method: 'GET',
    path: '/organizations/:slug',
    answer: async call => ({
      organization: describe(await findOrganization(call.api, paramOf(call, 'slug'))),
    }),
  },
]

function describe({ id, slug, name, personal }: Organization) {
  return {
    id,
    internal_numeric_id: 1,
    slug,
    raw_slug: slug,
    name,
    personal,
    // Nothing is billed here; with less than this, flyctl asks for a credit card.
    paid_plan: true,
    billable: true,
    billing_status: 'CURRENT',
    provisions_beta_extensions: false,
    remote_builder_image: '',
  }
}
