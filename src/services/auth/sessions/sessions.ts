import { randomUUID } from 'node:crypto'
import { isIP } from 'node:net'
import type { Transaction } from '../database/database.ts'

/** How somebody proved who they are, and when (seconds since 1970). */
export interface Proof {
  readonly method: string
  readonly timestamp: number
  /** Of single sign-on: which provider. */
  readonly provider?: string
}

export interface SessionRow {
  readonly id: string
  readonly user_id: string
  readonly created_at: Date
  readonly updated_at: Date
  readonly aal: string | null
  readonly not_after: Date | null
  readonly tag: string | null
  readonly oauth_client_id: string | null
  readonly scopes: string | null
  /** Seconds since 1970. */
  readonly refreshed_seconds: number | null
}

interface Origin {
  readonly ip: string
  readonly userAgent: string | undefined
}

const columns = `id, user_id, created_at, updated_at, aal, not_after, tag, oauth_client_id, scopes,
  extract(epoch from refreshed_at at time zone 'utc')::float8 as refreshed_seconds`

/** A new session that was proved by `method`. */
export async function openSession(
  transaction: Transaction,
  userId: string,
  how: {
    readonly method: string
    readonly tag?: string | undefined
    readonly notAfter?: Date | undefined
    readonly oauthClientId?: string
    readonly scopes?: string
  },
  origin: Origin,
): Promise<SessionRow> {
  const rows = await transaction.query<SessionRow & Record<string, unknown>>(
    `insert into auth.sessions (id, user_id, created_at, updated_at, aal, user_agent, ip, tag, oauth_client_id, scopes, not_after)
     values ($1, $2, now(), now(), 'aal1', $3, $4, $5, $6, $7, $8) returning ${columns}`,
    [
      randomUUID(),
      userId,
      origin.userAgent ?? null,
      isIP(origin.ip) ? origin.ip : null,
      how.tag ?? null,
      how.oauthClientId ?? null,
      how.scopes ?? null,
      how.notAfter ?? null,
    ],
  )
  const session = rows[0] as SessionRow
  await addProof(transaction, session.id, how.method)
  return session
}

/** Notes that the session was proved by this method, now. */
export async function addProof(transaction: Transaction, sessionId: string, method: string): Promise<void> {
  await transaction.query(
    `insert into auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method)
     values ($1, $2, now(), now(), $3)
     on conflict (session_id, authentication_method) do update set updated_at = excluded.updated_at`,
    [randomUUID(), sessionId, method],
  )
}

/** The session is proved by a second factor. */
export async function raiseSession(
  transaction: Transaction,
  sessionId: string,
  factorId: string,
  method: string,
): Promise<SessionRow> {
  await addProof(transaction, sessionId, method)
  const rows = await transaction.query<SessionRow & Record<string, unknown>>(
    `update auth.sessions set aal = 'aal2', factor_id = $2, updated_at = now() where id = $1 returning ${columns}`,
    [sessionId, factorId],
  )
  return rows[0] as SessionRow
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
  const rows = await transaction.query<{ method: string; timestamp: number; provider: string | null }>(
    `select a.authentication_method as method, floor(extract(epoch from a.updated_at))::int as timestamp,
       case when a.authentication_method = 'sso/saml' then
         (select substr(i.provider, 5) from auth.identities i
          where i.user_id = s.user_id and i.provider like 'sso:%' limit 1)
       end as provider
     from auth.mfa_amr_claims a join auth.sessions s on s.id = a.session_id
     where a.session_id = $1 order by a.updated_at desc`,
    [sessionId],
  )
  return rows.map(({ provider, ...proof }) => (provider === null ? proof : { ...proof, provider }))
}

export async function touchSession(transaction: Transaction, id: string, origin: Origin): Promise<void> {
  await transaction.query(
    `update auth.sessions set refreshed_at = now() at time zone 'utc', updated_at = now(),
       user_agent = coalesce($2, user_agent), ip = coalesce($3, ip)
     where id = $1`,
    [id, origin.userAgent ?? null, isIP(origin.ip) ? origin.ip : null],
  )
}

/** Whether the user opened a later session, of the same tag when tags are in use. */
export async function hasLaterSession(
  transaction: Transaction,
  session: SessionRow,
  tags: readonly string[],
): Promise<boolean> {
  const tagged = session.tag !== null && tags.includes(session.tag)
  const rows = await transaction.query(
    `select 1 from auth.sessions where user_id = $1 and id <> $2 and created_at > $3
       and case when $4 then tag = $5 else tag is null or tag <> all($6::text[]) end
     limit 1`,
    [session.user_id, session.id, session.created_at, tagged, session.tag, tags],
  )
  return rows.length > 0
}

/** Ends sessions of a user: all, one, all but one, or all that were never proved by a second factor. */
export async function closeSessions(
  transaction: Transaction,
  userId: string,
  which: 'all' | 'aal1' | { readonly only: string } | { readonly except: string },
): Promise<void> {
  if (which === 'all') {
    await transaction.query('delete from auth.sessions where user_id = $1', [userId])
  } else if (which === 'aal1') {
    await transaction.query(
      `delete from auth.sessions where user_id = $1 and (aal is null or aal < 'aal2')`,
      [userId],
    )
  } else if ('only' in which) {
    await transaction.query('delete from auth.sessions where user_id = $1 and id = $2', [userId, which.only])
  } else {
    await transaction.query('delete from auth.sessions where user_id = $1 and id <> $2', [
      userId,
      which.except,
    ])
  }
}
