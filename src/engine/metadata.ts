import type { Caller } from '#contract'
import { engineErrors } from './errors.ts'
import { requireLease } from './leases.ts'
import type { EngineState } from './state.ts'

/** Metadata of machines; changing it makes no new version. */
export function createMetadataCalls(state: EngineState) {
  return {
    async getMetadata(app: string, id: string): Promise<Record<string, string>> {
      return { ...state.actor(app, id).record.config.metadata }
    },

    async setMetadata(
      app: string,
      id: string,
      values: Record<string, string | null>,
      options: { replace?: boolean; machineVersion?: string } = {},
      caller?: Caller,
    ): Promise<void> {
      const actor = state.actor(app, id)
      requireLease(actor, caller, state.options.clock)
      const { config, instanceId } = actor.record
      if (options.machineVersion && options.machineVersion !== instanceId)
        throw engineErrors.versionMismatch(options.machineVersion, instanceId)
      const merged: Record<string, string | null> = options.replace
        ? values
        : { ...config.metadata, ...values }
      const metadata = Object.fromEntries(
        Object.entries(merged).flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])),
      )
      actor.patch({ config: { ...config, metadata } })
    },
  }
}
