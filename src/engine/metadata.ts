import { engineErrors } from './errors.ts'
import type { EngineState } from './state.ts'

/** Metadata of machines; changing it makes no new version and needs no lease: flyctl marks machines that it has leased itself, without the nonce. */
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
    ): Promise<void> {
      const actor = state.actor(app, id)
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
