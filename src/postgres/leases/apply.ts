import type { ClientBase } from 'pg'
import { isLeaseRole, type LeaseGrant, leasePrefix } from './lease.ts'
import {
  changeStatements,
  closeStatements,
  createStatements,
  dropStatements,
  openStatements,
} from './statements.ts'

export interface LeaseChanges {
  readonly created: readonly string[]
  readonly dropped: readonly string[]
  /** Sessions of dropped leases that were ended. */
  readonly ended: number
}

/**
 * Makes the cluster's leases be exactly those; may be repeated. One transaction; afterwards no session of a dropped lease runs any more.
 * `client` is a superuser's. PUBLIC has less while there is a lease, and what it had before when there is none.
 */
export async function applyLeases(client: ClientBase, leases: readonly LeaseGrant[]): Promise<LeaseChanges> {
  await client.query('begin')
  try {
    // No passwords in logs, no event triggers for what is not the user's, one writer at a time.
    await client.query(`set local log_statement = 'none'; set local log_min_error_statement = 'panic';
      set local session_replication_role = 'replica'; set local client_min_messages = 'warning';
      select pg_advisory_xact_lock(hashtext('hangar leases'))`)
    const known = await leaseRoles(client)
    const wanted = new Map(leases.map(lease => [lease.role, lease]))
    const dropped = known.filter(role => !wanted.has(role))
    const created = leases.filter(({ role }) => !known.includes(role))
    const kept = leases.filter(({ role }) => known.includes(role))
    const major = await majorOf(client)
    if (leases.length > 0) await client.query(closeStatements())
    const statements = [
      ...dropped.flatMap(dropStatements),
      ...created.flatMap(lease => createStatements(lease, major)),
      ...kept.flatMap(changeStatements),
    ]
    for (const statement of statements) await client.query(statement)
    if (leases.length === 0 && (await isClosed(client))) {
      await client.query(openStatements())
      await client.query(dropEmptySchema)
    }
    await client.query('commit')
    const ended = await endSessions(client, dropped)
    return { created: created.map(({ role }) => role), dropped, ended }
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

/** Drops the schema of Hangar's own notes when nothing is noted. */
export const dropEmptySchema = `do $$ begin
  if not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'hangar')
  and not exists (select from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'hangar')
  then drop schema if exists hangar; end if; end $$`

/** Login roles of the cluster that are leases. */
export async function leaseRoles(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ rolname: string }>(
    'select rolname from pg_catalog.pg_roles where starts_with(rolname, $1) and rolcanlogin',
    [leasePrefix],
  )
  return rows.map(({ rolname }) => rolname).filter(isLeaseRole)
}

/**
 * A dropped role's sessions would go on with what they have. They are told to end, and waited for: a backend that is busy in a way that
 * cannot be interrupted is not waited for longer than that.
 */
async function endSessions(client: ClientBase, roles: readonly string[]): Promise<number> {
  if (roles.length === 0) return 0
  const { rows } = await client.query<{ ended: boolean }>(
    `select pg_catalog.pg_terminate_backend(pid, 2000) as ended from pg_catalog.pg_stat_get_activity(null) s
     where s.usesysid is not null and s.pid <> pg_catalog.pg_backend_pid()
       and not exists (select from pg_catalog.pg_authid r where r.oid = s.usesysid)`,
  )
  return rows.length
}

async function isClosed(client: ClientBase): Promise<boolean> {
  const { rowCount } = await client.query(`select from pg_catalog.pg_roles where rolname = 'hangar_lease_ro'`)
  return (rowCount ?? 0) > 0
}

async function majorOf(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `select current_setting('server_version_num')::int / 10000 as n`,
  )
  return rows[0]?.n ?? 0
}
