import { randomBytes } from 'node:crypto'
import type { Transaction } from '../database/database.ts'
import { instanceId } from '../users/rows.ts'

export interface RefreshTokenRow {
  readonly id: string
  readonly token: string
  readonly user_id: string
  readonly revoked: boolean
  readonly parent: string | null
  readonly session_id: string | null
  readonly updated_at: Date
}

const columns = 'id, token, user_id, revoked, parent, session_id, updated_at'

/** A token of the session; `parent` is the one that was exchanged for it. */
export async function addRefreshToken(
  transaction: Transaction,
  userId: string,
  sessionId: string,
  parent?: string,
): Promise<string> {
  const token = randomBytes(16).toString('base64url')
  await transaction.query(
    `insert into auth.refresh_tokens
       (instance_id, token, user_id, revoked, created_at, updated_at, parent, session_id)
     values ($1, $2, $3, false, clock_timestamp(), clock_timestamp(), $4, $5)`,
    [instanceId, token, userId, parent ?? null, sessionId],
  )
  return token
}

export async function findRefreshToken(
  transaction: Transaction,
  token: string,
): Promise<RefreshTokenRow | undefined> {
  const rows = await transaction.query<RefreshTokenRow & Record<string, unknown>>(
    `select ${columns} from auth.refresh_tokens where token = $1`,
    [token],
  )
  return rows[0]
}

/** The token of the session that may still be exchanged. */
export async function activeRefreshToken(
  transaction: Transaction,
  sessionId: string,
): Promise<RefreshTokenRow | undefined> {
  const rows = await transaction.query<RefreshTokenRow & Record<string, unknown>>(
    `select ${columns} from auth.refresh_tokens
     where session_id = $1 and revoked = false order by id desc limit 1`,
    [sessionId],
  )
  return rows[0]
}

export async function revokeRefreshToken(transaction: Transaction, id: string): Promise<void> {
  await transaction.query(
    'update auth.refresh_tokens set revoked = true, updated_at = clock_timestamp() where id = $1',
    [id],
  )
}

/** All tokens that came from one sign-in. */
export async function revokeFamily(transaction: Transaction, sessionId: string): Promise<void> {
  await transaction.query(
    `update auth.refresh_tokens set revoked = true, updated_at = clock_timestamp()
     where session_id = $1 and revoked = false`,
    [sessionId],
  )
}
