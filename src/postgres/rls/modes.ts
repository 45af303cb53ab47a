import pg, { type ClientBase } from 'pg'
import { dropEmptySchema } from '../leases/apply.ts'

export const rlsModes = ['production', 'permissive', 'disabled'] as const
export type RlsMode = (typeof rlsModes)[number]

/** What is so in the cluster, as it is read. Names are `schema.table`. */
export interface RlsReport {
  readonly mode: RlsMode
  /** Tables of public that belong to no extension. */
  readonly tables: number
  /** Of these, with row-level security on. */
  readonly enforced: number
  /** On, but without a policy: nobody but roles that bypass it sees a row. */
  readonly withoutPolicy: readonly string[]
  /** Strict policies that are kept aside while the mode is permissive. */
  readonly setAside: readonly string[]
  /** Kept policies that could not be put back, because what they speak of has changed. Without them less is seen, never more. */
  readonly notRestored: readonly string[]
}

const permissivePolicy = 'hangar_permissive_read'

/**
 * Switches all tables of public at once, in one transaction.
 * production: row-level security on and forced, every policy of the user's own.
 * permissive: on; policies whose comment begins with "strict" are kept aside, and signed-in users read every row.
 * disabled: off. Policies stay where they are.
 * `lockTimeoutMs`: how long a table that is in use is waited for. Default: 5 s.
 */
export async function setRlsMode(
  client: ClientBase,
  mode: RlsMode,
  lockTimeoutMs = 5_000,
): Promise<RlsReport> {
  await client.query('begin')
  try {
    await client.query(`set local search_path = pg_catalog; set local client_min_messages = 'warning';
      set local lock_timeout = ${lockTimeoutMs}; select pg_advisory_xact_lock(hashtext('hangar rls'))`)
    await client.query(notes)
    const notRestored = await restorePolicies(client)
    for (const table of await managedTables(client)) await switchTable(client, table, mode)
    await client.query('delete from hangar.rls_mode')
    if (mode === 'production' && notRestored.length === 0)
      await client.query(`drop table hangar.rls_mode, hangar.rls_policies; ${dropEmptySchema}`)
    else await client.query('insert into hangar.rls_mode values ($1)', [mode])
    const report = await readRls(client)
    await client.query('commit')
    return { ...report, notRestored }
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

export async function readRls(client: ClientBase): Promise<RlsReport> {
  const { rows: known } = await client.query<{ there: boolean }>(
    `select pg_catalog.to_regclass('hangar.rls_mode') is not null as there`,
  )
  const there = known[0]?.there === true
  const mode = there
    ? (await client.query<{ mode: RlsMode }>('select mode from hangar.rls_mode')).rows[0]?.mode
    : undefined
  const aside = there
    ? (
        await client.query<{ name: string }>(
          `select "table" || ': ' || name as name from hangar.rls_policies order by 1`,
        )
      ).rows
    : []
  const { rows } = await client.query<{ name: string; enforced: boolean; policies: number }>(`
    select format('%I.%I', n.nspname, c.relname) as name, c.relrowsecurity as enforced,
      (select count(*)::int from pg_catalog.pg_policy p where p.polrelid = c.oid) as policies
    from ${managed} order by 1`)
  return {
    mode: mode ?? 'production',
    tables: rows.length,
    enforced: rows.filter(({ enforced }) => enforced).length,
    withoutPolicy: rows.filter(row => row.enforced && row.policies === 0).map(({ name }) => name),
    setAside: aside.map(({ name }) => name),
    notRestored: [],
  }
}

const notes = `
  create schema if not exists hangar;
  create table if not exists hangar.rls_mode (mode text not null);
  create table if not exists hangar.rls_policies (
    "table" text not null, name text not null, permissive boolean not null, command text not null, roles text[] not null,
    qual text, with_check text, comment text, primary key ("table", name))`

const managed = `pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'public' and c.relkind in ('r', 'p')
  and not exists (select from pg_catalog.pg_depend d where d.objid = c.oid and d.classid = 'pg_catalog.pg_class'::regclass and d.deptype = 'e')`

async function managedTables(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from ${managed} order by 1`,
  )
  return rows.map(({ name }) => name)
}

async function switchTable(client: ClientBase, table: string, mode: RlsMode): Promise<void> {
  if (mode === 'disabled') {
    await client.query(`alter table ${table} disable row level security, no force row level security`)
    return
  }
  await client.query(`alter table ${table} enable row level security, force row level security`)
  if (mode === 'production') return
  await client.query(
    `insert into hangar.rls_policies
     select $1::text, polname, polpermissive,
       case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
       array(select case role when 0 then 'public' else quote_ident(pg_get_userbyid(role)) end from unnest(polroles) role),
       pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid), obj_description(oid, 'pg_policy')
     from pg_policy where polrelid = $1::text::regclass and obj_description(oid, 'pg_policy') ~* '^\\s*@?strict\\M'`,
    [table],
  )
  const { rows } = await client.query<{ name: string }>(
    'select name from hangar.rls_policies where "table" = $1',
    [table],
  )
  for (const { name } of rows)
    await client.query(`drop policy if exists ${pg.escapeIdentifier(name)} on ${table}`)
  await client.query(
    `create policy ${permissivePolicy} on ${table} as permissive for select to authenticated using (true)`,
  )
}

/** Puts back what a permissive mode kept aside, and takes away what it added. Gives what could not be put back. */
async function restorePolicies(client: ClientBase): Promise<string[]> {
  const { rows: added } = await client.query<{ name: string }>(
    'select polrelid::regclass::text as name from pg_policy where polname = $1',
    [permissivePolicy],
  )
  for (const { name } of added) await client.query(`drop policy ${permissivePolicy} on ${name}`)
  const { rows } = await client.query<KeptPolicy>('select * from hangar.rls_policies order by "table", name')
  const failed: string[] = []
  for (const policy of rows) {
    await client.query('savepoint policy')
    try {
      await client.query(createPolicy(policy))
      await client.query('delete from hangar.rls_policies where "table" = $1 and name = $2', [
        policy.table,
        policy.name,
      ])
      await client.query('release savepoint policy')
    } catch {
      await client.query('rollback to savepoint policy')
      failed.push(`${policy.table}: ${policy.name}`)
    }
  }
  return failed
}

interface KeptPolicy {
  readonly table: string
  readonly name: string
  readonly permissive: boolean
  readonly command: string
  readonly roles: readonly string[]
  readonly qual: string | null
  readonly with_check: string | null
  readonly comment: string | null
}

function createPolicy(policy: KeptPolicy): string {
  const name = pg.escapeIdentifier(policy.name)
  const kind = policy.permissive ? 'permissive' : 'restrictive'
  return [
    `create policy ${name} on ${policy.table} as ${kind} for ${policy.command} to ${policy.roles.join(', ')}`,
    ...(policy.qual === null ? [] : [`using (${policy.qual})`]),
    ...(policy.with_check === null ? [] : [`with check (${policy.with_check})`]),
  ]
    .join(' ')
    .concat(
      policy.comment === null
        ? ''
        : `; comment on policy ${name} on ${policy.table} is ${pg.escapeLiteral(policy.comment)}`,
    )
}
