import { existsSync } from 'node:fs'
import type { ApprovalStore, AuditStore, IdentityStore } from '#desk'
import type { MachineStore, Sealer } from '#engine'
import type { ReleaseStore } from '#fly-platform'
import type { CareStore, SiloStore } from '#silos'
import { createApprovalStore } from './approval-store.ts'
import { createAuditStore } from './audit-store.ts'
import { createCareStore } from './care-store.ts'
import { Database } from './database.ts'
import { createIdentityStore } from './identity-store.ts'
import { loadKeys } from './keys.ts'
import { createMachineStore } from './machine-store.ts'
import { createReleaseStore } from './release-store.ts'
import { createSealer } from './sealer.ts'
import { createSiloStore } from './silo-store.ts'

export interface OpenStoreOptions {
  /** The state file. */
  readonly path: string
  /** File of the key that seals secrets. */
  readonly keyPath: string
  /** The key itself, instead of the file. */
  readonly key?: string | undefined
}

export interface Store {
  readonly machines: MachineStore
  readonly silos: SiloStore
  readonly care: CareStore
  readonly identity: IdentityStore
  readonly sealer: Sealer
  readonly audit: AuditStore
  readonly approvals: ApprovalStore
  readonly releases: ReleaseStore
  close(): void
}

/** Opens the state, makes it when it is not there, and brings its schema up to date. Throws a user error when it is damaged, newer, or in use. */
export function openStore(options: OpenStoreOptions): Store {
  const keys = loadKeys(options.keyPath, existsSync(options.path), options.key)
  const database = new Database(options.path)
  const sealer = createSealer(keys)
  return {
    machines: createMachineStore(database),
    silos: createSiloStore(database, sealer),
    care: createCareStore(database, sealer),
    identity: createIdentityStore(database, sealer),
    sealer,
    audit: createAuditStore(database, sealer),
    approvals: createApprovalStore(database),
    releases: createReleaseStore(database),
    close: () => database.close(),
  }
}
