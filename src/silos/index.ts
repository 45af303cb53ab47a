// The life of silos: provisioning as durable steps, start and stop as one unit, idle sleep, wake, connection data.
// Knows machines only through MachinesApi; never touches a process, a socket or a database itself.

export type {
  Attic,
  CareStore,
  FrontendHost,
  Grave,
  LeaseRecord,
  RlsFacts,
  SiloDatabases,
} from './care-ports.ts'
export type { SiloContext } from './context.ts'
export { restorableMs } from './graves.ts'
export { leaseToken } from './lease-token.ts'
export { SiloManager, type SiloManagerOptions, type SiloName } from './manager.ts'
export type { AppActivity, SiloDoors, SiloOperation, SiloRecord, SiloSecrets, SiloStore } from './ports.ts'
export { createSiloTemplates, environmentOf } from './template-files.ts'
export type { SiloTemplates } from './templates.ts'
