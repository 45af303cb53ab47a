import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import type { Body } from '../routes/body.ts'
import type { Json } from '../users/rows.ts'

/** A PKCE flow that a client opens: later it must show what the challenge was made of. */
export interface Flow {
  readonly challenge: string
  readonly method: 's256' | 'plain'
}

interface FlowRow {
  readonly id: string
  readonly user_id: string | null
  readonly code_challenge: string
  readonly code_challenge_method: string
  readonly authentication_method: string
  readonly provider_type: string
  readonly provider_access_token: string | null
  readonly provider_refresh_token: string | null
  readonly auth_code_issued_at: Date | null
  readonly created_at: Date
}

/** Undefined: the client wants the session in the link. Throws validation_failed when half of it is there. */
export function flowOf(body: Body): Flow | undefined {
  return flowOfValues(body.text('code_challenge'), body.text('code_challenge_method'))
}

export function flowOfValues(challenge: string, methodName: string): Flow | undefined {
  const method = methodName.toLowerCase()
  if (challenge === '' && method === '') return undefined
  if (challenge === '' || method === '') {
    throw errors.badRequest('PKCE flow requires code_challenge_method and code_challenge')
  }
  if (method !== 's256' && method !== 'plain') {
    throw errors.badRequest(`unsupported code_challenge method "${method}"`)
  }
  if (!/^[\w.~-]{43,128}$/.test(challenge)) {
    throw errors.badRequest('code challenge has to be 43 to 128 characters of A-Z a-z 0-9 - . _ ~')
  }
  return { challenge, method }
}

export async function startFlow(
  transaction: Transaction,
  userId: string,
  flow: Flow,
  authenticationMethod: string,
): Promise<void> {
  await saveFlow(transaction, { flow, provider: 'email', method: authenticationMethod, userId })
}

/** Returns the id of the flow; whose it is can be said later. */
export async function saveFlow(
  transaction: Transaction,
  {
    flow,
    provider,
    method,
    userId,
  }: { readonly flow: Flow; readonly provider: string; readonly method: string; readonly userId?: string },
): Promise<string> {
  const id = randomUUID()
  // Whoever begins one makes room first: nobody else cleans up what was never finished.
  await transaction.query("delete from auth.flow_state where created_at < now() - interval '24 hours'")
  await transaction.query(
    `insert into auth.flow_state (id, user_id, auth_code, code_challenge_method, code_challenge, provider_type,
       authentication_method, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, now(), now())`,
    [id, userId ?? null, randomUUID(), flow.method, flow.challenge, provider, method],
  )
  return id
}

/** The code of a flow that began at an external provider, once it is known whose it is. */
export async function finishFlow(
  call: Call,
  transaction: Transaction,
  id: string,
  userId: string,
  tokens: { readonly accessToken: string; readonly refreshToken: string },
): Promise<string> {
  const rows = await transaction.query<{ auth_code: string }>(
    `update auth.flow_state set user_id = $2, provider_access_token = $3, provider_refresh_token = $4,
       auth_code_issued_at = $5, updated_at = now()
     where id = $1 and user_id is null returning auth_code`,
    [id, userId, tokens.accessToken, tokens.refreshToken, new Date(call.clock.now())],
  )
  if (!rows[0]) throw errors.flowStateNotFound()
  return rows[0].auth_code
}

/** The code of the newest flow that the user opened for this method. */
export async function issueCode(
  call: Call,
  transaction: Transaction,
  userId: string,
  authenticationMethod: string,
): Promise<string> {
  const rows = await transaction.query<{ id: string; auth_code: string; created_at: Date }>(
    `select id, auth_code, created_at from auth.flow_state
     where user_id = $1 and authentication_method = $2 order by created_at desc limit 1`,
    [userId, authenticationMethod],
  )
  const row = rows[0]
  if (!row) throw errors.flowStateNotFound()
  // A link in an email is given a day; the code is short-lived from here on.
  await transaction.query(
    'update auth.flow_state set auth_code_issued_at = $2, updated_at = now() where id = $1',
    [row.id, new Date(call.clock.now())],
  )
  return row.auth_code
}

export interface RedeemedFlow {
  readonly userId: string
  readonly method: string
  readonly provider: string
  /** Of the external provider. */
  readonly tokens: Json
}

/** Who the code was issued for. It is gone afterwards. */
export async function redeemCode(
  call: Call,
  transaction: Transaction,
  code: string,
  verifier: string,
): Promise<RedeemedFlow> {
  const rows = await transaction.query<FlowRow & Record<string, unknown>>(
    'select * from auth.flow_state where auth_code = $1 for update',
    [code],
  )
  const row = rows[0]
  if (!row || row.user_id === null || row.auth_code_issued_at === null) throw errors.flowStateNotFound()
  if (row.auth_code_issued_at.getTime() + call.settings.flowLifeMs < call.clock.now())
    throw errors.flowStateExpired()
  const shown =
    row.code_challenge_method === 's256'
      ? createHash('sha256').update(verifier).digest('base64url')
      : verifier
  if (!same(shown, row.code_challenge)) throw errors.badCodeVerifier()
  await transaction.query('delete from auth.flow_state where id = $1', [row.id])
  return {
    userId: row.user_id,
    method: row.authentication_method,
    provider: row.provider_type,
    tokens: {
      ...(row.provider_access_token && { provider_token: row.provider_access_token }),
      ...(row.provider_refresh_token && { provider_refresh_token: row.provider_refresh_token }),
    },
  }
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
