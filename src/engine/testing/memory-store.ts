import type {
  AppRecord,
  EventRecord,
  IpRecord,
  MachineRecord,
  SecretRecord,
  SnapshotRecord,
  VersionRecord,
  VolumeRecord,
} from '../records.ts'
import type { MachineStore, Sealer } from '../store-port.ts'

/** A MachineStore without a disk, for tests of what stands on it. `snapshot` is what a crash at this moment would leave. */
export function createMemoryStore(from?: MemoryState): MachineStore & { snapshot(): MemoryState } {
  const state: MemoryState = from ? structuredClone(from) : emptyState()
  const dropMachine = (id: string) => {
    state.machines.delete(id)
    state.events = state.events.filter(event => event.machineId !== id)
    state.versions = state.versions.filter(version => version.machineId !== id)
  }
  return {
    snapshot: () => structuredClone(state),
    transaction(work) {
      const before = structuredClone(state)
      try {
        return work()
      } catch (error) {
        Object.assign(state, before)
        throw error
      }
    },
    synced: async () => {},
    apps: () => [...state.apps.values()],
    saveApp: record => void state.apps.set(record.name, structuredClone(record)),
    deleteApp(name) {
      for (const machine of [...state.machines.values()]) if (machine.app === name) dropMachine(machine.id)
      for (const volume of [...state.volumes.values()]) {
        if (volume.app !== name) continue
        state.volumes.delete(volume.id)
        state.snapshots = state.snapshots.filter(snapshot => snapshot.volumeId !== volume.id)
      }
      state.secrets = state.secrets.filter(secret => secret.app !== name)
      state.ips = state.ips.filter(ip => ip.app !== name)
      state.apps.delete(name)
    },
    machines: () => [...state.machines.values()],
    saveMachine: record => void state.machines.set(record.id, structuredClone(record)),
    deleteMachine: dropMachine,
    appendEvent: event => void state.events.push(event),
    events: (id, limit) =>
      state.events
        .filter(event => event.machineId === id)
        .reverse()
        .slice(0, limit),
    saveVersion(record) {
      state.versions = [...state.versions.filter(known => known.instanceId !== record.instanceId), record]
    },
    versions: id => state.versions.filter(version => version.machineId === id).reverse(),
    volumes: () => [...state.volumes.values()],
    saveVolume: record => void state.volumes.set(record.id, record),
    deleteVolume(id) {
      state.volumes.delete(id)
      state.snapshots = state.snapshots.filter(snapshot => snapshot.volumeId !== id)
    },
    snapshots: id => state.snapshots.filter(snapshot => snapshot.volumeId === id),
    saveSnapshot(record) {
      state.snapshots = [...state.snapshots.filter(known => known.id !== record.id), record]
    },
    secrets: app => state.secrets.filter(secret => secret.app === app),
    saveSecret(record) {
      state.secrets = [
        ...state.secrets.filter(known => known.app !== record.app || known.name !== record.name),
        record,
      ]
    },
    deleteSecret(app, name) {
      state.secrets = state.secrets.filter(known => known.app !== app || known.name !== name)
    },
    ips: app => state.ips.filter(ip => ip.app === app),
    saveIp: record => void state.ips.push(record),
    deleteIp(app, ip) {
      state.ips = state.ips.filter(known => known.app !== app || known.ip !== ip)
    },
    ports: () => [...state.ports].map(([key, port]) => ({ key, port })),
    savePort: (key, port) => void state.ports.set(key, port),
    deletePort: key => void state.ports.delete(key),
  }
}

export interface MemoryState {
  apps: Map<string, AppRecord>
  machines: Map<string, MachineRecord>
  events: EventRecord[]
  versions: VersionRecord[]
  volumes: Map<string, VolumeRecord>
  snapshots: SnapshotRecord[]
  secrets: SecretRecord[]
  ips: IpRecord[]
  ports: Map<string, number>
}

function emptyState(): MemoryState {
  return {
    apps: new Map(),
    machines: new Map(),
    events: [],
    versions: [],
    volumes: new Map(),
    snapshots: [],
    secrets: [],
    ips: [],
    ports: new Map(),
  }
}

/** Not a seal: for tests that look at what is stored. */
export const plainSealer: Sealer = {
  seal: (plain, context) => Buffer.from(`${context}\n${plain}`),
  open: (sealed, context) =>
    Buffer.from(sealed)
      .toString('utf8')
      .slice(context.length + 1),
}
