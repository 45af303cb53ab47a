import type { Caller, Lease, ListMachinesQuery, Machine, MachineStats, MachinesApi, Volume } from '#contract'
import { createAddressCalls } from './addresses.ts'
import { createAppCalls } from './apps.ts'
import { engineErrors } from './errors.ts'
import { acquire, activeLease, describeLease, release } from './leases.ts'
import { createMachineCalls } from './machines.ts'
import { createMetadataCalls } from './metadata.ts'
import { recover } from './recovery.ts'
import { regions } from './regions.ts'
import { createSecretCalls } from './secrets.ts'
import { type EngineEvent, type EngineOptions, EngineState } from './state.ts'
import { createView, type EngineView } from './view.ts'
import { createVolumeCalls } from './volumes.ts'

/** Fly's Machines API on this machine, in process. */
export interface Engine extends MachinesApi {
  readonly view: EngineView
  /** Recovery; nothing else may be called before it has resolved. */
  start(): Promise<void>
  /** Waits for what is under way, then ends timers. With `stopMachines`, everything that runs is stopped first, and recorded as to be started again by whoever started it. */
  stop(options: { stopMachines: boolean }): Promise<void>
  listen(listener: (event: EngineEvent) => void): () => void
  stats(app: string, id: string): Promise<MachineStats | undefined>
}

export function createEngine(options: EngineOptions): Engine {
  const state = new EngineState(options)
  const machines = createMachineCalls(state)
  const volumes = createVolumeCalls(state)
  const { describe: _, ...machineCalls } = machines

  return {
    ...createAppCalls(state),
    ...machineCalls,
    ...createMetadataCalls(state),
    ...volumes,
    ...createSecretCalls(state),
    ...createAddressCalls(state),

    async getLease(app: string, id: string): Promise<Lease> {
      const actor = state.actor(app, id)
      const lease = activeLease(actor, options.clock)
      if (!lease) throw engineErrors.leaseNotFound()
      return describeLease(lease, actor.record.instanceId)
    },
    async acquireLease(
      app: string,
      id: string,
      input: { ttlSeconds?: number; description?: string },
      caller?: Caller,
    ): Promise<Lease> {
      return acquire(state.actor(app, id), input, caller, options.clock)
    },
    async releaseLease(app: string, id: string, caller?: Caller): Promise<void> {
      release(state.actor(app, id), caller, options.clock)
    },

    async listRegions() {
      return { nearest: options.region, regions: [...regions] }
    },
    async listOrgMachines(
      org: string,
      query: ListMachinesQuery = {},
    ): Promise<(Machine & { app_name: string })[]> {
      const apps = [...state.apps.values()].filter(app => app.org === org)
      const lists = await Promise.all(
        apps.map(async app =>
          (await machines.listMachines(app.name, query)).map(machine => ({ ...machine, app_name: app.name })),
        ),
      )
      return lists.flat()
    },
    async listOrgVolumes(org: string): Promise<(Volume & { app_name: string })[]> {
      const apps = [...state.apps.values()].filter(app => app.org === org)
      const lists = await Promise.all(
        apps.map(async app =>
          (await volumes.listVolumes(app.name)).map(volume => ({ ...volume, app_name: app.name })),
        ),
      )
      return lists.flat()
    },

    view: createView(state),
    start: () => recover(state),
    async stop({ stopMachines }) {
      const actors = [...state.actors()]
      await Promise.all(actors.map(actor => actor.settled()))
      if (stopMachines) await Promise.all(actors.map(actor => actor.rest()))
      for (const actor of actors) actor.detach()
    },
    listen: listener => state.events.listen(listener),
    async stats(app, id) {
      return state.actor(app, id).record.state === 'started' ? options.runtime.stats(id) : undefined
    },
  }
}
