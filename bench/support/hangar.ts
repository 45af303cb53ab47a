import pg from 'pg'
import { type Client, createClient } from '#client'
import type { SiloConnection } from '#contract'
import { controlSocketOf, startHangar, type TestHangar } from '../../test/support/hangar.ts'

export interface BenchHangar {
  readonly hangar: TestHangar
  readonly client: Client
  create(app: string): Promise<SiloConnection>
  stop(): Promise<void>
}

/** The built program, started as a user starts it, and its desk. */
export async function benchHangar(
  options: { args?: string[]; env?: Record<string, string> } = {},
): Promise<BenchHangar> {
  const hangar = await startHangar(options)
  const client = createClient(controlSocketOf(hangar.hangarHome))
  return {
    hangar,
    client,
    async create(app) {
      await client.call('siloCreate', { client: 'bench', app, auto_stop_minutes: 0 })
      return client.call('siloConnection', { silo_id: `bench-${app}` })
    },
    stop: () => hangar.stop(),
  }
}

/** One REST request through edge, gateway and rest, answered by PostgreSQL. */
export async function queryRest(connection: SiloConnection): Promise<void> {
  const response = await fetch(`${connection.supabase_url}/rest/v1/buckets?select=id&limit=1`, {
    headers: { apikey: connection.supabase_anon_key, 'accept-profile': 'storage', connection: 'close' },
  })
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  await response.text()
}

/** The same over the Postgres wire, through its door. */
export async function queryPostgres(connection: SiloConnection): Promise<void> {
  const client = new pg.Client({ connectionString: connection.db_connection_string })
  await client.connect()
  await client.query('select 1')
  await client.end()
}
