import type { MachinesApi } from '#contract'
import type { ImageResolver, MachineLogs } from './ports.ts'
import type { Releases } from './releases.ts'

/** What every answer is made from. */
export interface World {
  readonly api: MachinesApi
  readonly releases: Releases
  readonly logs: MachineLogs
  readonly resolveImage: ImageResolver
  /** Addresses of an app that work when pasted. */
  readonly addressesOf: (app: string) => readonly string[]
}
