import { randomUUID } from 'node:crypto'
import type { Call } from './context.ts'
import type { Transaction } from './database/database.ts'
import { instanceId, type Json, type UserRow } from './users/rows.ts'

const logTypes = {
  login: 'account',
  logout: 'account',
  user_signedup: 'team',
  user_invited: 'team',
  user_deleted: 'team',
  user_modified: 'user',
  user_updated_password: 'user',
  user_recovery_requested: 'user',
  user_reauthenticate_requested: 'user',
  user_confirmation_requested: 'user',
  user_repeated_signup: 'user',
  token_refreshed: 'token',
  token_revoked: 'token',
  invite_accepted: 'account',
  factor_in_progress: 'factor',
  factor_unenrolled: 'factor',
  factor_updated: 'factor',
  factor_deleted: 'factor',
  challenge_created: 'factor',
  verification_attempted: 'factor',
  identity_unlinked: 'user',
  passkey_created: 'user',
  passkey_deleted: 'user',
} as const

export type AuditAction = keyof typeof logTypes

/** Who did it: a user, or whoever holds the service key. */
export type Actor = Pick<UserRow, 'id' | 'email' | 'phone' | 'is_sso_user'> | 'service'

/** Writes down who did what, in the same transaction as what was done. */
export async function audit(
  call: Pick<Call, 'ip' | 'settings'>,
  transaction: Transaction,
  actor: Actor,
  action: AuditAction,
  traits?: Json,
): Promise<void> {
  if (!call.settings.auditToDatabase) return
  const who =
    actor === 'service'
      ? { actor_id: instanceId, actor_username: 'service_role', actor_via_sso: false }
      : {
          actor_id: actor.id,
          actor_username: actor.email || actor.phone || '',
          actor_via_sso: actor.is_sso_user,
        }
  await transaction.query(
    `insert into auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
     values ($1, $2, $3, now(), $4)`,
    [
      instanceId,
      randomUUID(),
      { action, ...who, log_type: logTypes[action], ...(traits === undefined ? {} : { traits }) },
      call.ip.slice(0, 64),
    ],
  )
}
