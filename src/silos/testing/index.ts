// For tests over engines whose machines run nothing: what care of silos asks of the world, answered from memory.
import type { Attic, RlsFacts, SiloDatabases } from '../care-ports.ts'

/** Clusters that have no tables and do as they are told. */
export function memoryDatabases(): SiloDatabases {
  const roles = new Map<string, string[]>()
  const modes = new Map<string, RlsFacts>()
  const facts = (mode: RlsFacts['mode']): RlsFacts => ({
    mode,
    tables: 0,
    enforced: 0,
    withoutPolicy: [],
    setAside: [],
    notRestored: [],
  })
  return {
    verifierOf: async () => 'SCRAM-SHA-256$1:salt$stored:server',
    async applyLeases(machineId, leases) {
      roles.set(
        machineId,
        leases.map(({ role }) => role),
      )
      return { endedSessions: 0 }
    },
    superviseLeases: async machineId => ({ ended: [], roles: roles.get(machineId) ?? [] }),
    async setRlsMode(machineId, mode) {
      modes.set(machineId, facts(mode))
      return facts(mode)
    },
    readRls: async machineId => modes.get(machineId) ?? facts('production'),
  }
}

/** Volumes of engines that write nothing hold nothing. */
export const emptyAttic: Attic = { keep: async () => {}, giveBack: async () => {}, remove: async () => {} }
