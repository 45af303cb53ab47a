import type { MachinesApi } from '#contract'
import { platformErrors } from './errors.ts'

/** What Fly's clients read of an organization. */
export interface Organization {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly personal: boolean
}

const personal: Organization = { id: 'personal', slug: 'personal', name: 'Personal', personal: true }

/** The one organization of this machine, and whatever else an app was given when it was made. */
export async function listOrganizations(api: MachinesApi): Promise<Organization[]> {
  const slugs = new Set((await api.listApps()).map(app => app.organization.slug))
  slugs.delete(personal.slug)
  return [personal, ...[...slugs].sort().map(slug => ({ id: slug, slug, name: slug, personal: false }))]
}

/** By slug or id, which are the same here. Throws 404. */
export async function findOrganization(api: MachinesApi, slug: string): Promise<Organization> {
  const found = (await listOrganizations(api)).find(one => one.slug === slug)
  if (!found) throw platformErrors.orgNotFound(slug)
  return found
}
