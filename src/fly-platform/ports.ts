import type { ImageRef } from '#contract'

/** One deploy of an app as Fly's clients record it. Times are milliseconds since 1970. */
export interface ReleaseRecord {
  readonly id: string
  readonly app: string
  /** Counts up with each release of the app, from 1. */
  readonly version: number
  /** `pending`, then what the client says: `running`, `complete`, `failed`, `interrupted`. */
  readonly status: string
  /** In capitals, as the clients write it. */
  readonly strategy: string
  readonly imageRef: string
  /** The app's fly.toml as the client read it; null: none was given. */
  readonly definition: unknown
  readonly buildId: number | null
  readonly metadata: unknown
  readonly createdAt: number
}

/** A build that a client made, as it reported it. */
export interface BuildRecord {
  readonly id: number
  readonly app: string
  readonly status: string
  readonly builderType: string
  readonly image: string
  readonly startedAt: number
  readonly finishedAt: number | null
}

export interface ReleaseStore {
  /** Gives it the app's next version. */
  addRelease(release: Omit<ReleaseRecord, 'version'>): ReleaseRecord
  saveRelease(release: ReleaseRecord): void
  release(id: string): ReleaseRecord | undefined
  /** Newest first. */
  releases(app: string, limit: number): ReleaseRecord[]
  addBuild(build: Omit<BuildRecord, 'id'>): BuildRecord
  saveBuild(build: BuildRecord): void
  build(id: number): BuildRecord | undefined
}

/** What a machine printed, read piece by piece. */
export interface MachineLogs {
  /**
   * The whole lines behind `position` (bytes; undefined: the last ones, at most `lines`), where the next reading begins,
   * and when the newest of them was written at the latest (milliseconds since 1970).
   */
  since(
    machineId: string,
    position: number | undefined,
    lines: number,
  ): Promise<{ lines: string[]; position: number; writtenAt: number }>
}

/** What an image reference is here. Throws a user error that names what is known. */
export type ImageResolver = (image: string) => ImageRef
