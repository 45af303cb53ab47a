import { platformErrors } from '../errors.ts'
import { findOrganization, listOrganizations } from '../organizations.ts'
import type { World } from '../world.ts'
import { appNode } from './app.ts'
import { connection } from './connection.ts'
import { findMachine } from './machine.ts'
import { organizationNode, viewerNode } from './organization.ts'
import { regionNode, vmSizes } from './platform.ts'
import { findVolume } from './volume.ts'

interface AppsArguments {
  readonly organizationId?: string | null
  readonly role?: string | null
}

/** The fields of Query. */
export function createQueries(world: World) {
  const { api } = world
  const viewer = async () => viewerNode(await listOrganizations(api))
  const nearest = async () => {
    const { nearest: code, regions } = await api.listRegions()
    return regions.filter(region => region.code === code).map(regionNode)[0] ?? null
  }
  return {
    viewer,
    currentUser: viewer,
    personalOrganization: async () => organizationNode(await findOrganization(api, 'personal')),
    organizations: async () => connection((await listOrganizations(api)).map(organizationNode)),
    organization: async ({ id, slug, name }: { id?: string; slug?: string; name?: string }) =>
      organizationNode(await findOrganization(api, slug ?? id ?? name ?? '')),
    apps: async ({ organizationId, role }: AppsArguments) =>
      connection(
        role ? [] : (await api.listApps(organizationId || undefined)).map(app => appNode(world, app)),
      ),
    app: async ({ name }: { name?: string | null }) => {
      if (!name) throw platformErrors.badRequest('app: the argument name is missing')
      return appNode(world, await api.getApp(name))
    },
    appNameAvailable: async ({ name }: { name: string }) =>
      !(await api.listApps()).some(app => app.name === name),
    // flyctl looks into what it gets: nothing would make it crash.
    machine: async ({ machineId }: { machineId: string }) =>
      (await findMachine(world, machineId)) ?? notFound('Machine', machineId),
    node: async ({ id }: { id: string }) =>
      (await findVolume(world, id)) ??
      (await findMachine(world, id)) ??
      notFound(id.startsWith('vol_') ? 'Volume' : 'Machine or Volume', id),
    platform: async () => {
      const { nearest: requestRegion, regions } = await api.listRegions()
      return { requestRegion, regions: regions.map(regionNode), vmSizes }
    },
    nearestRegion: nearest,
    latestImageTag: ({ repository }: { repository: string }) => {
      throw platformErrors.unknownRepository(repository)
    },
    latestImageDetails: ({ image }: { image: string }) => {
      throw platformErrors.unknownRepository(image)
    },
    canPerformBluegreenDeployment: async ({ name }: { name: string }) => {
      await api.getApp(name)
      return true
    },
    addOns: connection([]),
  }
}

function notFound(what: string, id: string): never {
  throw platformErrors.nodeNotFound(what, id)
}
