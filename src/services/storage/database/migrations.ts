import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { codeOf } from '#kernel'
import { installRoles } from './roles.ts'

interface Migration {
  readonly id: number
  readonly name: string
  readonly text: string
  readonly hash: string
}

const folder = fileURLToPath(new URL('sql/', import.meta.url))
const newest = Number(/^\d+/.exec(names().at(-1) ?? '0'))
/** Any number will do, as long as nobody else locks it. */
const lockKey = 5_431_070_602

/** The names under which the original noted its first steps. */
const originals = "('create-migrations-table', 'initialmigration', 'storage-schema')"

/** Where what is done is noted. The original's table holds its own numbers once it has been at work; ours then stand beside it. */
interface Notes {
  readonly table: 'storage.migrations' | 'storage.hangar_migrations'
  readonly done: number
}

/**
 * Brings schema `storage` up to date. When nothing is to do, that is one small query.
 * Safe with concurrent starters: one works, the others wait and then find it done. A file that failed leaves nothing behind.
 * Roles that are missing are made unless `roles` is false. Tables of another storage are kept and get what they lack.
 */
export async function migrate(client: pg.ClientBase, { roles = true } = {}): Promise<void> {
  if ((await notesOf(client)).done >= newest) return
  try {
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1)', [lockKey])
    await client.query(`set local search_path = storage, public, extensions`)
    if (roles) await installRoles(client)
    const { rows } = await client.query("select to_regnamespace('storage') as found")
    if (rows[0]?.found === null) await client.query('create schema storage')
    await makeNotes(client, 'storage.migrations')
    const { table, done } = await notesOf(client)
    if (table !== 'storage.migrations') {
      await makeNotes(client, table)
      await dropListings(client)
    }
    for (const { id, name, text, hash } of read()) {
      if (id <= done) continue
      await client.query(text)
      await client.query(`insert into ${table} (id, name, hash) values ($1, $2, $3)`, [id, name, hash])
    }
    await client.query('commit')
  } catch (error) {
    // A connection that broke has nothing to roll back; what broke it is what counts.
    await client.query('rollback').catch(() => {})
    throw error
  }
}

async function notesOf(client: pg.ClientBase): Promise<Notes> {
  const ours = await highest(client, 'storage.migrations')
  if (!ours.original) return { table: 'storage.migrations', done: ours.id }
  const { rows } = await client.query("select to_regclass('storage.hangar_migrations') as found")
  const beside = rows[0]?.found === null ? 0 : (await highest(client, 'storage.hangar_migrations')).id
  return { table: 'storage.hangar_migrations', done: beside }
}

async function highest(
  client: pg.ClientBase,
  table: Notes['table'],
): Promise<{ id: number; original: boolean }> {
  try {
    const { rows } = await client.query<{ id: number | null; original: boolean | null }>(
      `select max(id) as id, bool_or(name in ${originals}) as original from ${table}`,
    )
    return { id: rows[0]?.id ?? 0, original: rows[0]?.original ?? false }
  } catch (error) {
    // No such table or schema: a new database.
    if (codeOf(error) === '42P01' || codeOf(error) === '3F000') return { id: 0, original: false }
    throw error
  }
}

async function makeNotes(client: pg.ClientBase, table: Notes['table']): Promise<void> {
  const { rows } = await client.query('select to_regclass($1) as found', [table])
  if (rows[0]?.found !== null) return
  await client.query(`
    create table ${table} (
      id integer primary key,
      name varchar(100) unique not null,
      hash varchar(40) not null,
      executed_at timestamp default current_timestamp
    );
    alter table ${table} enable row level security`)
}

/** The original's listings return other columns from version to version, which cannot be changed in place. Nothing but the service uses them. */
async function dropListings(client: pg.ClientBase): Promise<void> {
  await client.query(`
    do $$
    declare
      listing regprocedure;
    begin
      for listing in
        select oid::regprocedure from pg_proc where pronamespace = 'storage'::regnamespace and proname in (
          'search', 'search_v2', 'search_v1_optimised', 'search_legacy_v1', 'search_by_timestamp', 'get_size_by_bucket', 'can_insert_object',
          'list_objects_with_delimiter', 'list_multipart_uploads_with_delimiter', 'get_common_prefix'
        )
      loop
        execute format('drop function %s', listing);
      end loop;
    end $$`)
}

function names(): string[] {
  return readdirSync(folder)
    .filter(name => name.endsWith('.sql'))
    .sort()
}

function read(): Migration[] {
  return names().map(name => {
    const text = readFileSync(`${folder}${name}`, 'utf8')
    return {
      id: Number(/^\d+/.exec(name)),
      name: name.replace(/^\d+-|\.sql$/g, ''),
      text,
      hash: createHash('sha1').update(name).update(text).digest('hex'),
    }
  })
}
