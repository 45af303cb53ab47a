import pg from 'pg'
import { applyLeases, type LeaseGrant } from './leases/index.ts'
import { type RlsMode, rlsModes, setRlsMode } from './rls/index.ts'
import { scramVerifier, serviceVerifier } from './scram.ts'

/** Passwords that a cluster takes from its machine's environment. */
export interface ClusterRoles {
  readonly passwords: Readonly<Record<string, string>>
  /** Every lease that the cluster is to have; undefined: nothing was ever said about leases. */
  readonly leases?: readonly LeaseGrant[]
  /** Changes when leases are to be put as they should be though none was written down since the last start. */
  readonly leasesVersion?: string
  /** Mode of row-level security that every start begins with; undefined: as it is. */
  readonly rls?: RlsMode
  /** Changes when a mode is to be put back though its name is the same. */
  readonly rlsVersion?: string
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
  const leases = env['HANGAR_LEASES']
  const [rls, rlsVersion] = (env['HANGAR_RLS'] ?? '').split('@')
  return {
    passwords,
    ...(leases ? { leases: JSON.parse(leases) as LeaseGrant[] } : {}),
    ...(env['HANGAR_LEASES_AT'] ? { leasesVersion: env['HANGAR_LEASES_AT'] } : {}),
    ...(isRlsMode(rls) ? { rls, rlsVersion: rlsVersion ?? '' } : {}),
  }
}

function isRlsMode(value: string | undefined): value is RlsMode {
  return (rlsModes as readonly (string | undefined)[]).includes(value)
}

/** As superuser over the cluster's own socket, before anybody else may come in. Each of the three is all or nothing, and can be repeated. */
export async function applyRoles(socketDirectory: string, roles: ClusterRoles): Promise<void> {
  const changes = Promise.all(Object.entries(roles.passwords).map(passwordChange))
  const client = new pg.Client({ host: socketDirectory, user: 'supabase_admin', database: 'postgres' })
  await client.connect()
  try {
    const statements = ['begin', `set local log_statement = 'none'`, ...(await changes), 'commit']
    await client.query(statements.join(';\n'))
    if (roles.leases) await applyLeases(client, roles.leases)
    if (roles.rls) await setRlsMode(client, roles.rls)
  } finally {
    await client.end()
  }
}

/** `postgres` is for people and whatever they log in with; the others are for services. */
async function passwordChange([role, password]: [role: string, password: string]): Promise<string> {
  const verifier = await (role === 'postgres' ? scramVerifier : serviceVerifier)(password)
  return `alter role ${pg.escapeIdentifier(role)} password ${pg.escapeLiteral(verifier)}`
}
