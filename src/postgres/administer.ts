import { join } from 'node:path'
import pg from 'pg'
import { Serial } from '#kernel'
import {
  applyLeases,
  type EndedSession,
  type LeaseGrant,
  type LeaseLimits,
  leaseRoles,
  superviseLeases,
} from './leases/index.ts'
import { type RlsMode, type RlsReport, readRls, setRlsMode } from './rls/index.ts'
import { scramVerifier } from './scram.ts'

/** A connection that nobody needs for so long is closed. */
const idleMs = 5_000

interface Cluster {
  readonly queue: Serial
  readonly client: Promise<pg.Client>
  timer: NodeJS.Timeout | undefined
}

/**
 * What the operator's own account does in running clusters, over their own sockets: no door, so it neither wakes a silo nor keeps one awake.
 * One connection per cluster, kept for moments.
 */
export class ClusterAdministration {
  readonly #socketRoot: string
  readonly #clusters = new Map<string, Cluster>()

  constructor(socketRoot: string) {
    this.#socketRoot = socketRoot
  }

  verifierOf(password: string): Promise<string> {
    return scramVerifier(password)
  }

  async applyLeases(machineId: string, leases: readonly LeaseGrant[]): Promise<{ endedSessions: number }> {
    const { ended } = await this.#with(machineId, client => applyLeases(client, leases))
    return { endedSessions: ended }
  }

  /** Ends sessions that take longer than they may; tells which leases the cluster has. */
  async superviseLeases(
    machineId: string,
    leases: readonly LeaseLimits[],
  ): Promise<{ ended: readonly EndedSession[]; roles: readonly string[] }> {
    return this.#with(machineId, async client => ({
      ended: await superviseLeases(client, leases),
      roles: await leaseRoles(client),
    }))
  }

  setRlsMode(machineId: string, mode: RlsMode): Promise<RlsReport> {
    return this.#with(machineId, client => setRlsMode(client, mode))
  }

  readRls(machineId: string): Promise<RlsReport> {
    return this.#with(machineId, readRls)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clusters.keys()].map(id => this.#drop(id)))
  }

  async #with<T>(machineId: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const known = this.#clusters.get(machineId)
    const cluster = known ?? { queue: new Serial(), client: this.#connect(machineId), timer: undefined }
    this.#clusters.set(machineId, cluster)
    clearTimeout(cluster.timer)
    try {
      const client = await cluster.client
      // One connection, so one transaction at a time.
      return await cluster.queue.run(() => work(client))
    } finally {
      clearTimeout(cluster.timer)
      cluster.timer = setTimeout(() => void this.#drop(machineId), idleMs).unref()
    }
  }

  async #connect(machineId: string): Promise<pg.Client> {
    const client = new pg.Client({
      host: join(this.#socketRoot, machineId),
      user: 'supabase_admin',
      database: 'postgres',
      application_name: 'hangar',
      connectionTimeoutMillis: 5_000,
    })
    // The cluster stopped, or the connection broke: the next call connects anew.
    client.on('error', () => this.#clusters.delete(machineId))
    client.on('end', () => this.#clusters.delete(machineId))
    try {
      await client.connect()
      return client
    } catch (error) {
      this.#clusters.delete(machineId)
      throw error
    }
  }

  async #drop(machineId: string): Promise<void> {
    const cluster = this.#clusters.get(machineId)
    if (!cluster || cluster.queue.length > 0) return
    this.#clusters.delete(machineId)
    await cluster.client.then(
      client => client.end(),
      () => {},
    )
  }
}
