import { codeOf } from '#kernel'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import type { AccessClaims } from '../sessions/access-tokens.ts'
import { signedIn } from '../sessions/authenticate.ts'
import type { SessionRow } from '../sessions/sessions.ts'
import type { FactorKind } from '../settings/mfa.ts'
import type { FactorRow, Json, UserRow } from '../users/rows.ts'

/** A factor with what proves it; never leaves the service. */
export interface SecretFactorRow extends FactorRow {
  readonly factor_type: FactorKind
  readonly secret: string | null
  readonly last_challenged_at: Date | null
  readonly web_authn_credential: Json | null
}

export interface FactorOwner {
  readonly user: UserRow
  readonly session: SessionRow
}

/** Who may have factors: somebody with a session who is not anonymous. */
export async function factorOwner(transaction: Transaction, claims: AccessClaims): Promise<FactorOwner> {
  if (claims.is_anonymous) throw errors.anonymousMfa()
  const { user, session } = await signedIn(transaction, claims)
  if (!session) throw errors.sessionGone()
  return { user, session }
}

export async function allFactors(transaction: Transaction, userId: string): Promise<SecretFactorRow[]> {
  return await transaction.query<SecretFactorRow & Record<string, unknown>>(
    'select * from auth.mfa_factors where user_id = $1 order by created_at, id',
    [userId],
  )
}

/** A factor of this user, locked. Throws mfa_factor_not_found, also for others' factors. */
export async function findFactor(
  transaction: Transaction,
  userId: string,
  id: string,
): Promise<SecretFactorRow> {
  const rows = await transaction.query<SecretFactorRow & Record<string, unknown>>(
    'select * from auth.mfa_factors where id = $1 and user_id = $2 for update',
    [id, userId],
  )
  if (!rows[0]) throw errors.factorNotFound()
  return rows[0]
}

export async function insertFactor(
  transaction: Transaction,
  values: {
    readonly id: string
    readonly userId: string
    readonly kind: FactorKind
    readonly name: string
    readonly secret?: string
    readonly phone?: string
  },
): Promise<void> {
  try {
    await transaction.query(
      `insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at, updated_at, secret, phone)
       values ($1, $2, $3, $4, 'unverified', now(), now(), $5, $6)`,
      [values.id, values.userId, values.name, values.kind, values.secret ?? null, values.phone ?? null],
    )
  } catch (error) {
    if (codeOf(error) === '23505') throw errors.factorNameTaken(values.name)
    throw error
  }
}

/** Enrolments that nobody finished make room for new ones. */
export async function dropExpiredFactors(
  call: Call,
  transaction: Transaction,
  userId: string,
): Promise<void> {
  await transaction.query(
    `delete from auth.mfa_factors where user_id = $1 and status = 'unverified' and created_at < $2
       and not exists (select 1 from auth.mfa_challenges c where c.factor_id = mfa_factors.id and c.created_at > $3)`,
    [
      userId,
      new Date(call.clock.now() - call.settings.mfa.factorLifeMs),
      new Date(call.clock.now() - call.settings.mfa.challengeLifeMs),
    ],
  )
}

/** Sessions that this factor raised are what they were without it. */
export async function removeFactor(transaction: Transaction, factor: FactorRow): Promise<void> {
  await transaction.query(
    "update auth.sessions set aal = 'aal1', factor_id = null where user_id = $1 and factor_id = $2",
    [factor.user_id, factor.id],
  )
  await transaction.query('delete from auth.mfa_factors where id = $1', [factor.id])
}
