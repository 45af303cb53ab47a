import type { ClientBase } from 'pg'

export interface LeaseLimits {
  readonly role: string
  readonly statementTimeoutMs: number
}

export interface EndedSession {
  readonly role: string
  readonly why: 'statement' | 'transaction' | 'idle'
}

/** A lease that does nothing for so long loses its session, so that none keeps a silo awake by being forgotten. */
export const leaseIdleMs = 15 * 60_000

/** PostgreSQL's own time-out gets its chance first; it has the better message. */
const graceMs = 500

/**
 * Ends sessions of leases that take longer than they may. A session can set its own statement_timeout to nothing, so PostgreSQL's setting
 * alone is a request; this is the rule. The clock is the cluster's; a session can change neither that nor what is read here.
 */
export async function superviseLeases(
  client: ClientBase,
  leases: readonly LeaseLimits[],
): Promise<EndedSession[]> {
  if (leases.length === 0) return []
  const { rows } = await client.query<EndedSession>(
    // Materialized: a condition must never be looked at after the function that ends a session.
    `with late as materialized (
       select a.pid, a.usename::text as role, case
         when a.state <> 'idle' and a.state not like 'idle%' and clock_timestamp() - a.query_start > l.timeout then 'statement'
         when clock_timestamp() - a.xact_start > l.timeout then 'transaction'
         when a.state = 'idle' and clock_timestamp() - a.state_change > $3::float8 * interval '1 ms' then 'idle'
       end as why
       from pg_catalog.pg_stat_activity a
       join (select role, (ms + $4) * interval '1 ms' as timeout from unnest($1::text[], $2::float8[]) l(role, ms)) l
         on l.role = a.usename
     ), found as materialized (select * from late where why is not null)
     select role, why, pg_catalog.pg_terminate_backend(pid) from found`,
    [
      leases.map(({ role }) => role),
      leases.map(({ statementTimeoutMs }) => statementTimeoutMs),
      leaseIdleMs,
      graceMs,
    ],
  )
  return rows.map(({ role, why }) => ({ role, why }))
}
