import type { MachinesApi } from '#contract'
import { type Clock, prefixedId } from '#kernel'
import { platformErrors } from './errors.ts'
import type { BuildRecord, ReleaseRecord, ReleaseStore } from './ports.ts'

export interface NewRelease {
  readonly app: string
  readonly image?: string | null | undefined
  readonly strategy?: string | null | undefined
  readonly definition?: unknown
  readonly buildId?: number | null | undefined
}

/** Releases and builds of apps: recorded as Fly's clients report them, lasting, and told to whoever asks later. */
export function createReleases(api: MachinesApi, store: ReleaseStore, clock: Clock) {
  return {
    async create(input: NewRelease): Promise<ReleaseRecord> {
      const app = await api.getApp(input.app)
      return store.addRelease({
        id: prefixedId('rel'),
        app: app.name,
        status: 'pending',
        strategy: (input.strategy || 'rolling').toUpperCase(),
        imageRef: input.image ?? '',
        definition: input.definition ?? null,
        buildId: input.buildId || null,
        metadata: null,
        createdAt: clock.now(),
      })
    },

    update(id: string, status: string, metadata?: unknown): ReleaseRecord {
      const found = store.release(id)
      if (!found) throw platformErrors.releaseNotFound(id)
      const updated = { ...found, status, ...(metadata == null ? {} : { metadata }) }
      store.saveRelease(updated)
      return updated
    },

    async list(app: string, limit: number): Promise<ReleaseRecord[]> {
      return store.releases((await api.getApp(app)).name, Math.max(1, Math.min(limit, 100)))
    },

    /** The newest of any status. */
    async latest(app: string): Promise<ReleaseRecord | undefined> {
      return (await this.list(app, 1))[0]
    },

    /** The newest that was completed. */
    async current(app: string): Promise<ReleaseRecord | undefined> {
      return (await this.list(app, 100)).find(isComplete)
    },

    async startBuild(app: string, builderType: string): Promise<BuildRecord> {
      const { name } = await api.getApp(app)
      return store.addBuild({
        app: name,
        status: 'started',
        builderType,
        image: '',
        startedAt: clock.now(),
        finishedAt: null,
      })
    },

    finishBuild(id: number, status: string, image: string): BuildRecord {
      const found = store.build(id)
      if (!found) throw platformErrors.buildNotFound(id)
      const finished = { ...found, status, image, finishedAt: clock.now() }
      store.saveBuild(finished)
      return finished
    },
  }
}

export type Releases = ReturnType<typeof createReleases>

export function isComplete(release: ReleaseRecord): boolean {
  return /^(complete|completed|succeeded)$/i.test(release.status)
}

export function isUnderWay(release: ReleaseRecord): boolean {
  return /^(pending|running)$/i.test(release.status)
}
