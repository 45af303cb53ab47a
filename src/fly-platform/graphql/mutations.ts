import { platformErrors } from '../errors.ts'
import { findOrganization } from '../organizations.ts'
import type { BuildRecord } from '../ports.ts'
import type { World } from '../world.ts'
import { addressNode } from './address.ts'
import { appNode } from './app.ts'
import { organizationNode } from './organization.ts'
import { releaseNode } from './release.ts'

interface Input<T> {
  readonly input: T & { readonly clientMutationId?: string | null }
}

/** The fields of Mutation. */
export function createMutations(world: World) {
  const { api, releases } = world
  const app = async (name: string) => appNode(world, await api.getApp(name))
  return {
    async createApp({ input }: Input<{ organizationId: string; name?: string; network?: string | null }>) {
      if (!input.name) throw platformErrors.badRequest('createApp: the name is missing')
      const made = await api.createApp({
        name: input.name,
        org: input.organizationId,
        ...(input.network ? { network: input.network } : {}),
      })
      return { ...echo(input), app: appNode(world, made) }
    },

    async deleteApp({ appId }: { appId: string }) {
      const { organization } = await api.getApp(appId)
      const kept = await findOrganization(api, organization.slug)
      await api.deleteApp(appId, { force: true })
      return { organization: organizationNode(kept) }
    },

    async setSecrets({ input }: Input<{ appId: string; secrets: { key: string; value: string }[] }>) {
      await api.setSecrets(
        input.appId,
        Object.fromEntries(input.secrets.map(({ key, value }) => [key, value])),
      )
      return { ...echo(input), app: await app(input.appId), release: null }
    },

    async unsetSecrets({ input }: Input<{ appId: string; keys: string[] }>) {
      await api.setSecrets(input.appId, Object.fromEntries(input.keys.map(key => [key, null])))
      return { ...echo(input), app: await app(input.appId), release: null }
    },

    async allocateIpAddress({
      input,
    }: Input<{ appId: string; type: string; region?: string; network?: string; serviceName?: string }>) {
      const made = await api.assignIp(input.appId, {
        type: input.type,
        ...(input.region ? { region: input.region } : {}),
        ...(input.network ? { network: input.network } : {}),
        ...(input.serviceName ? { serviceName: input.serviceName } : {}),
      })
      return { ...echo(input), app: await app(input.appId), ipAddress: addressNode(made) }
    },

    async releaseIpAddress({
      input,
    }: Input<{ appId?: string | null; ip?: string | null; ipAddressId?: string | null }>) {
      if (!input.appId) throw platformErrors.badRequest('releaseIpAddress: the appId is missing')
      await api.releaseIp(input.appId, input.ip ?? input.ipAddressId ?? '')
      return { ...echo(input), app: await app(input.appId) }
    },

    async createRelease({
      input,
    }: Input<{ appId: string; image: string; strategy?: string; definition?: unknown; buildId?: string }>) {
      const release = await releases.create({
        app: input.appId,
        image: input.image,
        strategy: input.strategy,
        definition: input.definition,
        buildId: Number(input.buildId) || null,
      })
      return { ...echo(input), release: releaseNode(release) }
    },

    updateRelease: ({ input }: Input<{ releaseId: string; status: string; metadata?: unknown }>) => ({
      ...echo(input),
      release: releaseNode(releases.update(input.releaseId, input.status, input.metadata)),
    }),

    createBuild: async ({ input }: Input<{ appName: string; builderType?: string }>) => ({
      ...echo(input),
      ...buildNode(await releases.startBuild(input.appName, input.builderType ?? '')),
    }),

    finishBuild: ({ input }: Input<{ buildId: string; status: string; finalImage?: { tag?: string } }>) => ({
      ...echo(input),
      ...buildNode(releases.finishBuild(Number(input.buildId), input.status, input.finalImage?.tag ?? '')),
    }),
  }
}

function echo({ clientMutationId }: { readonly clientMutationId?: string | null }) {
  return { clientMutationId: clientMutationId ?? null }
}

function buildNode({ id, status, startedAt, finishedAt }: BuildRecord) {
  return { id: String(id), status, wallclockTimeMs: finishedAt === null ? 0 : finishedAt - startedAt }
}
