import type { SiloConnection } from '#contract'
import { appName } from './names.ts'
import { opaqueKeys } from './opaque-keys.ts'
import type { SiloDoors, SiloRecord, SiloSecrets } from './ports.ts'
import { dashboardUser, readKey } from './secrets.ts'

/** Where the frontend of this silo is deployed. */
export function previewUrl(record: SiloRecord): string {
  return `https://silo-${record.alias}--prod.netlify.app`
}

/** Everything needed to connect, with addresses that work as printed on this machine. */
export function connectionOf(record: SiloRecord, secrets: SiloSecrets, doors: SiloDoors): SiloConnection {
  const database = doors.door(appName(record, 'pg'), 5432)
  const opaque = opaqueKeys(secrets.jwtSecret)
  return {
    silo_id: record.id,
    supabase_url: `http://${doors.door(appName(record, 'kong'), 8000)}`,
    supabase_anon_key: secrets.anonKey,
    supabase_read_key: readKey(secrets),
    supabase_service_role_key: secrets.serviceRoleKey,
    supabase_publishable_key: opaque.publishable,
    supabase_secret_key: opaque.secret,
    db_connection_string: `postgres://postgres:${secrets.postgresPassword}@${database}/postgres`,
    db_password: secrets.postgresPassword,
    studio_url: record.studio ? `http://${doors.door(appName(record, 'studio'), 3000)}` : null,
    silo_preview_url: previewUrl(record),
    studio_username: record.studio ? dashboardUser : null,
    studio_password: record.studio ? secrets.dashboardPassword : null,
    jwt_secret: secrets.jwtSecret,
  }
}
