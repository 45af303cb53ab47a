import { randomUUID } from 'node:crypto'
import { isIP } from 'node:net'
import type { Transaction } from '../database/database.ts'
import type { Proof } from './access-tokens.ts'

export interface SessionRow {
  readonly id: string
  readonly user_id: string
  readonly created_at: Date
  readonly updated_at: Date
  readonly aal: string | null
  readonly not_after: Date | null
  /** Seconds since 1970. */
  readonly refreshed_seconds: number | null
}

const columns = `id, user_id, created_at, updated_at, aal, not_after,
  extract(epoch from refreshed_at at time zone 'utc')::float8 as refreshed_seconds`

/** A new session that was proved by `method`. */
export async function openSession(
  transaction: Transaction,
  userId: string,
  method: string,
  origin: { readonly ip: string; readonly userAgent: string | undefined },
): Promise<SessionRow> {
  const rows = await transaction.query<SessionRow & Record<string, unknown>>(
    `insert into auth.sessions (id, user_id, created_at, updated_at, aal, user_agent, ip)
     values ($1, $2, now(), now(), 'aal1', $3, $4) returning ${columns}`,
    [randomUUID(), userId, origin.userAgent ?? null, isIP(origin.ip) ? origin.ip : null],
  )
  const session = rows[0] as SessionRow
  await transaction.query(
    `insert into auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method)
     values ($1, $2, now(), now(), $3)`,
    [randomUUID(), session.id, method],
  )
  return session
}

/** `lock` makes everybody else who wants to change the session wait. */
export async function findSession(
  transaction: Transaction,
  id: string,
  lock = false,
): Promise<SessionRow | undefined> {
  const rows = await transaction.query<SessionRow & Record<string, unknown>>(
    `select ${columns} from auth.sessions where id = $1${lock ? ' for update' : ''}`,
    [id],
  )
  return rows[0]
}

/** Newest first. */
export async function proofsOf(transaction: Transaction, sessionId: string): Promise<Proof[]> {
  return await transaction.query<{ method: string; timestamp: number }>(
    `select authentication_method as method, floor(extract(epoch from updated_at))::int as timestamp
     from auth.mfa_amr_claims where session_id = $1 order by updated_at desc`,
    [sessionId],
  )
}

export async function touchSession(
  transaction: Transaction,
  id: string,
  origin: { readonly ip: string; readonly userAgent: string | undefined },
): Promise<void> {
  await transaction.query(
    `update auth.sessions set refreshed_at = now() at time zone 'utc', updated_at = now(),
       user_agent = coalesce($2, user_agent), ip = coalesce($3, ip)
     where id = $1`,
    [id, origin.userAgent ?? null, isIP(origin.ip) ? origin.ip : null],
  )
}

/** Ends sessions of a user: all, one, or all but one. Their refresh tokens go with them. */
export async function closeSessions(
  transaction: Transaction,
  userId: string,
  which: 'all' | { readonly only: string } | { readonly except: string },
): Promise<void> {
  if (which === 'all') {
    await transaction.query('delete from auth.sessions where user_id = $1', [userId])
  } else if ('only' in which) {
    await transaction.query('delete from auth.sessions where user_id = $1 and id = $2', [userId, which.only])
  } else {
    await transaction.query('delete from auth.sessions where user_id = $1 and id <> $2', [
      userId,
      which.except,
    ])
  }
}
