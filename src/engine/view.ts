import type { MachineState } from '#contract'
import { internalPorts } from './launch.ts'
import type { Address } from './ports.ts'
import type { AppRecord, MachineRecord } from './records.ts'
import type { EngineState } from './state.ts'

export interface MachineView {
  readonly record: MachineRecord
  readonly healthy: boolean
}

/** What the rest of the daemon may look at without waiting. */
export interface EngineView {
  apps(): Iterable<AppRecord>
  app(name: string): AppRecord | undefined
  machines(app: string): MachineView[]
  states(app: string): MachineState[]
  /** Ids and states alone, for those who ask often. */
  present(app: string): { readonly id: string; readonly state: MachineState }[]
  addressOf(record: MachineRecord, internalPort: number): Address
  internalPorts(record: MachineRecord): number[]
  hasPublicAddress(app: string): boolean
  /** A text that a machine printed, without the secrets of its app. */
  withoutSecrets(machineId: string, text: string): string
}

export function createView(state: EngineState): EngineView {
  return {
    apps: () => state.apps.values(),
    app: name => state.apps.get(name),
    machines: app => state.actorsOf(app).map(actor => ({ record: actor.record, healthy: actor.healthy })),
    states: app => state.actorsOf(app).map(actor => actor.record.state),
    present: app => state.recordsOf(app),
    addressOf: (record, internalPort) => state.addressOf(record, internalPort),
    internalPorts: record => internalPorts(record.config),
    hasPublicAddress: app => state.options.store.ips(app).some(record => !record.ip.startsWith('fdaa:')),
    withoutSecrets(machineId, text) {
      const app = state.find(machineId)?.record.app
      return app === undefined ? text : state.redaction.redact(app, text)
    },
  }
}
