import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import type { Json } from '../users/rows.ts'

export interface ChallengeRow {
  readonly id: string
  readonly created_at: Date
  readonly verified_at: Date | null
  readonly address: string
  readonly otp_code: string | null
  readonly web_authn_session_data: Json | null
}

/** What is kept of a code that was sent: it says nothing without the challenge. */
export function hashChallengeCode(challengeId: string, code: string): string {
  return createHash('sha224').update(challengeId).update(code).digest('hex')
}

export function challengeCodeMatches(challenge: ChallengeRow, code: string): boolean {
  const shown = Buffer.from(hashChallengeCode(challenge.id, code))
  const known = Buffer.from(challenge.otp_code ?? '')
  return shown.length === known.length && timingSafeEqual(shown, known)
}

/** Returns the challenge's end in seconds since 1970. */
export async function saveChallenge(
  call: Call,
  transaction: Transaction,
  factorId: string,
  challenge: { readonly id?: string; readonly codeHash?: string; readonly webauthn?: Json },
): Promise<{ readonly id: string; readonly expiresAt: number }> {
  const id = challenge.id ?? randomUUID()
  const now = call.clock.now()
  await transaction.query(
    `insert into auth.mfa_challenges (id, factor_id, created_at, ip_address, otp_code, web_authn_session_data)
     values ($1, $2, $3, $4, $5, $6)`,
    [id, factorId, new Date(now), addressOf(call), challenge.codeHash ?? null, challenge.webauthn ?? null],
  )
  // By PostgreSQL's clock, for the column is unique and milliseconds are not.
  await transaction.query(
    'update auth.mfa_factors set last_challenged_at = clock_timestamp() where id = $1',
    [factorId],
  )
  return { id, expiresAt: Math.floor((now + call.settings.mfa.challengeLifeMs) / 1000) }
}

/** A challenge of the factor that may still be answered from here, locked. */
export async function openChallenge(
  call: Call,
  transaction: Transaction,
  factorId: string,
  id: string,
): Promise<ChallengeRow> {
  const rows = await transaction.query<ChallengeRow & Record<string, unknown>>(
    `select id, created_at, verified_at, host(ip_address) as address, otp_code, web_authn_session_data
     from auth.mfa_challenges where id = $1 and factor_id = $2 for update`,
    [id, factorId],
  )
  const challenge = rows[0]
  if (!challenge) throw errors.challengeNotFound()
  if (challenge.verified_at !== null || challenge.address !== addressOf(call))
    throw errors.challengeElsewhere()
  if (challenge.created_at.getTime() + call.settings.mfa.challengeLifeMs < call.clock.now()) {
    throw errors.challengeExpired(id)
  }
  return challenge
}

export async function closeChallenge(call: Call, transaction: Transaction, id: string): Promise<void> {
  await transaction.query('update auth.mfa_challenges set verified_at = $2 where id = $1', [
    id,
    new Date(call.clock.now()),
  ])
}

function addressOf({ ip }: Call): string {
  // As PostgreSQL writes it: IPv4 in IPv6 would otherwise differ.
  const plain = ip.replace(/^::ffff:(?=\d+\.)/, '').split('%')[0] ?? ''
  return isIP(plain) === 6
    ? (new URL(`http://[${plain}]`).hostname.slice(1, -1) as string)
    : isIP(plain)
      ? plain
      : '0.0.0.0'
}
