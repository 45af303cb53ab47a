// Fly's Machines API on this machine: apps, machines as durable actors, volumes, secrets, leases, checks, recovery.
// Declares what it needs of the world (Runtime, MachineStore, Probe, Doors) and knows no adapter.
export { createEngine, type Engine } from './engine.ts'
export { defaultPortRange, PortBook, type PortRange } from './port-book.ts'
export type {
  Address,
  Doors,
  ExitInfo,
  LaunchFile,
  LaunchMount,
  LaunchSpec,
  Probe,
  RunHandle,
  Runtime,
  Started,
} from './ports.ts'
export type {
  AppRecord,
  EventRecord,
  IpRecord,
  LeaseRecord,
  MachineRecord,
  SecretRecord,
  SnapshotRecord,
  VersionRecord,
  VolumeRecord,
} from './records.ts'
export type { EngineEvent, EngineOptions } from './state.ts'
export type { MachineStore, Sealer } from './store-port.ts'
export type { EngineView, MachineView } from './view.ts'
export { waitingCalls } from './waiting-calls.ts'
