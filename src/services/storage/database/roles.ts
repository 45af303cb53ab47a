import type pg from 'pg'

/** The roles that requests act as, and the one that PostgREST connects as. A database that was not made for Supabase has none of them. */
const wanted: Readonly<Record<string, string>> = {
  anon: 'nologin noinherit',
  authenticated: 'nologin noinherit',
  service_role: 'nologin noinherit bypassrls',
  authenticator: 'login noinherit',
}

/** Makes the roles that are missing, as the official storage does at its start; whoever connects may act as those it made. */
export async function installRoles(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ rolname: string }>(
    'select rolname from pg_roles where rolname = any($1)',
    [Object.keys(wanted)],
  )
  const there = new Set(rows.map(row => row.rolname))
  const missing = Object.keys(wanted).filter(role => !there.has(role))
  for (const role of missing) await client.query(`create role ${role} ${wanted[role]}`)
  const acted = missing.filter(role => role !== 'authenticator')
  if (acted.length > 0) await client.query(`grant ${acted.join(', ')} to authenticator, current_user`)
}
