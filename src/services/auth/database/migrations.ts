import type pg from 'pg'
import { codeOf } from '#kernel'
import { schemaSql, schemaVersions } from './schema.ts'

const newest = schemaVersions.at(-1) as string
const owner = 'supabase_auth_admin'
/** Any number will do, as long as nobody else locks it. */
const lockKey = 5_431_070_603

/**
 * Makes the tables of schema `auth`. When they are there, that is one small query.
 * Safe with concurrent starters: one works, the others wait and then find it done. A failure leaves nothing behind.
 */
export async function migrate(client: pg.ClientBase): Promise<void> {
  if (await done(client)) return
  await client.query('begin')
  try {
    await client.query('select pg_advisory_xact_lock($1)', [lockKey])
    if (!(await done(client, true))) {
      await becomeOwner(client)
      await client.query(schemaSql)
      await client.query(
        'insert into auth.schema_migrations (version) select unnest($1::text[]) on conflict do nothing',
        [schemaVersions],
      )
    }
    await client.query('commit')
  } catch (error) {
    // A connection that broke has nothing to roll back; what broke it is what counts.
    await client.query('rollback').catch(() => {})
    throw error
  }
}

async function done(client: pg.ClientBase, inTransaction = false): Promise<boolean> {
  try {
    if (inTransaction) {
      const { rows } = await client.query("select to_regclass('auth.schema_migrations') as found")
      if (rows[0].found === null) return false
    }
    const { rows } = await client.query('select 1 from auth.schema_migrations where version >= $1 limit 1', [
      newest,
    ])
    return rows.length > 0
  } catch (error) {
    // No such table, or schema: a new database.
    if (!inTransaction && ['42P01', '3F000'].includes(codeOf(error) ?? '')) return false
    throw error
  }
}

/**
 * Whoever connects, the tables belong to the auth service's role where there is one, unless they are somebody's already. The schema is made
 * first, by who connects: that role may not.
 */
async function becomeOwner(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query(
    `select pg_has_role(current_user, r.oid, 'member') as may, t.relowner as tables, r.oid as role
     from pg_roles r left join pg_class t on t.oid = to_regclass('auth.users') where r.rolname = $1`,
    [owner],
  )
  const [found] = rows
  const change = found?.may && (found.tables === null || found.tables === found.role)
  const schema = await client.query("select to_regnamespace('auth') as found")
  if (schema.rows[0].found === null) {
    await client.query(`create schema auth ${change ? `authorization ${owner}` : ''}`)
  }
  if (change) await client.query(`set local role ${owner}`)
}
