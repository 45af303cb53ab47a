// For tests of leases: what a cluster holds, byte for byte.
import { createHash } from 'node:crypto'
import type { ClientBase } from 'pg'

/** Statistics and counters that reading changes. */
const volatile = ['pg_catalog.pg_statistic', 'pg_catalog.pg_statistic_ext_data']

/** Digest of every table of every schema, the system's own too: roles, rights, functions, large objects, sequences. */
export async function fingerprint(client: ClientBase): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'm', 'S') and n.nspname !~ '^pg_(toast|temp)' order by 1`,
  )
  const found: Record<string, string> = {}
  for (const { name } of rows) {
    if (volatile.includes(name)) continue
    const { rows: digests } = await client.query<{ digest: string | null }>(
      `select md5(string_agg(md5(t::text), '' order by md5(t::text))) as digest from (select * from ${name}) t`,
    )
    found[name] = digests[0]?.digest ?? 'empty'
  }
  return found
}

/** Who may do what with everything; empty and default rights are the same. */
export async function publicRights(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ line: string }>(`
    select 'function ' || p.oid::regprocedure || ' ' || a.grantee || a.privilege_type as line
    from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    union all select 'class ' || c.oid::regclass || ' ' || a.grantee || a.privilege_type
    from pg_class c, aclexplode(coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))) a
    union all select 'schema ' || n.nspname || ' ' || a.grantee || a.privilege_type
    from pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
    union all select 'database ' || d.datname || ' ' || a.grantee || a.privilege_type
    from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
    union all select 'language ' || l.lanname || ' ' || a.grantee || a.privilege_type
    from pg_language l, aclexplode(coalesce(l.lanacl, acldefault('l', l.lanowner))) a
    union all select 'role ' || rolname from pg_roles
    order by 1`)
  return createHash('sha256')
    .update(rows.map(({ line }) => line).join('\n'))
    .digest('hex')
}
