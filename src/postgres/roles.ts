import pg from 'pg'
import { scramVerifier } from './scram.ts'

/** Passwords that a cluster takes from its machine's environment. */
export interface ClusterRoles {
  readonly passwords: Readonly<Record<string, string>>
}

const passwordVariables: Readonly<Record<string, string>> = {
  postgres: 'POSTGRES_PASSWORD',
  authenticator: 'AUTHENTICATOR_PASSWORD',
  supabase_auth_admin: 'SUPABASE_AUTH_ADMIN_PASSWORD',
  supabase_storage_admin: 'SUPABASE_STORAGE_ADMIN_PASSWORD',
}

/** As in the image: a role without a variable of its own gets POSTGRES_PASSWORD. */
export function rolesOf(env: Readonly<Record<string, string>>): ClusterRoles {
  const passwords: Record<string, string> = {}
  for (const [role, variable] of Object.entries(passwordVariables)) {
    const value = env[variable] || env['POSTGRES_PASSWORD']
    if (value) passwords[role] = value
  }
  return { passwords }
}

/** One statement batch as superuser over the cluster's own socket; all or nothing. */
export async function applyRoles(socketDirectory: string, roles: ClusterRoles): Promise<void> {
  const statements = ['begin', `set local log_statement = 'none'`]
  for (const [role, password] of Object.entries(roles.passwords)) {
    statements.push(
      `alter role ${pg.escapeIdentifier(role)} password ${pg.escapeLiteral(await scramVerifier(password))}`,
    )
  }
  statements.push('commit')
  const client = new pg.Client({ host: socketDirectory, user: 'supabase_admin', database: 'postgres' })
  await client.connect()
  try {
    await client.query(statements.join(';\n'))
  } finally {
    await client.end()
  }
}
