import type { App, Machine } from '#contract'
import { findOrganization } from '../organizations.ts'
import type { World } from '../world.ts'
import { addressNode } from './address.ts'
import { connection } from './connection.ts'
import { imageNode } from './image.ts'
import { machineNode } from './machine.ts'
import { organizationNode } from './organization.ts'
import { regionNode } from './platform.ts'
import { releaseNode } from './release.ts'
import { volumeNode } from './volume.ts'

/** An app; what costs a further question to the engine is a function, asked only when a query wants it. */
export function appNode(world: World, app: App) {
  const { api, releases } = world
  const machines = () => api.listMachines(app.name)
  const listed = async ({ first = 25 }: { first?: number | null }) =>
    connection((await releases.list(app.name, first ?? 25)).map(releaseNode))
  const latest = async () => {
    const release = await releases.latest(app.name)
    return release && releaseNode(release)
  }
  return {
    __typename: 'App',
    // Fly's GraphQL takes the name for the id, and so do its clients.
    id: app.name,
    internalNumericId: app.internal_numeric_id,
    name: app.name,
    hostname: `${app.name}.localhost`,
    deployed: app.status !== 'pending',
    status: app.status,
    state: 'DEPLOYED',
    version: async () => (await releases.latest(app.name))?.version ?? 0,
    appUrl: () => world.addressesOf(app.name).find(address => address.startsWith('http')) ?? null,
    platformVersion: 'machines',
    network: app.network,
    networkId: null,
    createdAt: app.created_at,
    organization: async () => organizationNode(await findOrganization(api, app.organization.slug)),
    role: null,
    config: async () => ({ definition: (await releases.latest(app.name))?.definition ?? {} }),
    services: async () => servicesOf(await machines()),
    regions: async () => {
      const used = new Set((await machines()).map(machine => machine.region))
      return (await api.listRegions()).regions.filter(region => used.has(region.code)).map(regionNode)
    },
    secrets: async () =>
      (await api.listSecrets(app.name)).map(({ name, digest, created_at }) => ({
        id: name,
        name,
        digest,
        createdAt: created_at,
      })),
    image: ({ ref }: { ref: string }) => imageNode(world, ref),
    imageDetails: async () => imageOf(await machines()),
    latestImageDetails: null,
    imageUpgradeAvailable: false,
    imageVersionTrackingEnabled: false,
    currentRelease: latest,
    currentReleaseUnprocessed: latest,
    releases: listed,
    releasesUnprocessed: listed,
    // The shared address is told beside the others, never among them.
    ipAddresses: async () =>
      connection((await api.listIps(app.name)).filter(({ shared }) => !shared).map(addressNode)),
    sharedIpAddress: async () => (await api.listIps(app.name)).find(({ shared }) => shared)?.ip ?? null,
    machines: async () => connection((await machines()).map(one => machineNode(world, app.name, one))),
    volumes: async () =>
      connection((await api.listVolumes(app.name)).map(one => volumeNode(world, app.name, one))),
    certificates: connection([]),
    limitedAccessTokens: connection([]),
    hostIssues: connection([]),
    addOns: connection([]),
  }
}

function servicesOf(machines: readonly Machine[]) {
  return (machines[0]?.config.services ?? []).map(service => ({
    description: '',
    protocol: (service.protocol ?? 'tcp').toUpperCase(),
    internalPort: service.internal_port ?? 0,
    ports: (service.ports ?? []).flatMap(({ port, handlers }) =>
      port ? [{ port, handlers: (handlers ?? []).map(handler => handler.toUpperCase()) }] : [],
    ),
  }))
}

function imageOf(machines: readonly Machine[]) {
  const image = machines[0]?.image_ref
  return (
    image && {
      registry: image.registry,
      repository: image.repository,
      tag: image.tag ?? '',
      version: '',
      digest: image.digest ?? '',
    }
  )
}
