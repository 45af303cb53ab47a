import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import type { Body } from '../routes/body.ts'

const lifeMs = 5 * 60_000

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
  readonly auth_code_issued_at: Date | null
  readonly created_at: Date
}

/** Undefined: the client wants the session in the link. Throws validation_failed when half of it is there. */
export function flowOf(body: Body): Flow | undefined {
  const challenge = body.text('code_challenge')
  const method = body.text('code_challenge_method').toLowerCase()
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
  await transaction.query(
    `insert into auth.flow_state (id, user_id, auth_code, code_challenge_method, code_challenge, provider_type,
       authentication_method, created_at, updated_at)
     values ($1, $2, $3, $4, $5, 'email', $6, now(), now())`,
    [randomUUID(), userId, randomUUID(), flow.method, flow.challenge, authenticationMethod],
  )
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

/** Who the code was issued for. It is gone afterwards. */
export async function redeemCode(
  call: Call,
  transaction: Transaction,
  code: string,
  verifier: string,
): Promise<{ readonly userId: string; readonly method: string }> {
  const rows = await transaction.query<FlowRow & Record<string, unknown>>(
    'select * from auth.flow_state where auth_code = $1 for update',
    [code],
  )
  const row = rows[0]
  if (!row || row.user_id === null || row.auth_code_issued_at === null) throw errors.flowStateNotFound()
  if (row.auth_code_issued_at.getTime() + lifeMs < call.clock.now()) throw errors.flowStateExpired()
  const shown =
    row.code_challenge_method === 's256'
      ? createHash('sha256').update(verifier).digest('base64url')
      : verifier
  if (!same(shown, row.code_challenge)) throw errors.badCodeVerifier()
  await transaction.query('delete from auth.flow_state where id = $1', [row.id])
  return { userId: row.user_id, method: row.authentication_method }
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
