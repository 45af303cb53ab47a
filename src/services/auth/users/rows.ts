/** The instance that all rows of a single-tenant service belong to. */
export const instanceId = '00000000-0000-0000-0000-000000000000'

export type Json = Record<string, unknown>

/** A row of auth.users, the columns that the service reads. */
export interface UserRow {
  readonly id: string
  readonly aud: string | null
  readonly role: string | null
  readonly email: string | null
  readonly encrypted_password: string | null
  readonly email_confirmed_at: Date | null
  readonly invited_at: Date | null
  readonly confirmation_token: string | null
  readonly confirmation_sent_at: Date | null
  readonly recovery_token: string | null
  readonly recovery_sent_at: Date | null
  readonly email_change_token_new: string | null
  readonly email_change_token_current: string | null
  readonly email_change: string | null
  readonly email_change_sent_at: Date | null
  readonly email_change_confirm_status: number | null
  readonly last_sign_in_at: Date | null
  readonly raw_app_meta_data: Json | null
  readonly raw_user_meta_data: Json | null
  readonly created_at: Date | null
  readonly updated_at: Date | null
  readonly phone: string | null
  readonly phone_confirmed_at: Date | null
  readonly phone_change: string | null
  readonly phone_change_sent_at: Date | null
  readonly phone_change_token: string | null
  readonly confirmed_at: Date | null
  readonly banned_until: Date | null
  readonly reauthentication_token: string | null
  readonly reauthentication_sent_at: Date | null
  readonly is_sso_user: boolean
  readonly deleted_at: Date | null
  readonly is_anonymous: boolean
}

/** Columns of auth.users that the service sets; `confirmed_at` is generated. */
export type UserChanges = Partial<Omit<UserRow, 'id' | 'confirmed_at' | 'created_at' | 'updated_at'>>

export interface IdentityRow {
  readonly id: string
  readonly provider_id: string
  readonly user_id: string
  readonly identity_data: Json
  readonly provider: string
  readonly last_sign_in_at: Date | null
  readonly created_at: Date | null
  readonly updated_at: Date | null
  readonly email: string | null
}

export interface FactorRow {
  readonly id: string
  readonly user_id: string
  readonly friendly_name: string | null
  readonly factor_type: string
  readonly status: string
  readonly phone: string | null
  readonly created_at: Date
  readonly updated_at: Date
}
