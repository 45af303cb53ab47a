import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { codeOf } from '#kernel'

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

/**
 * Brings schema `storage` up to date. When nothing is to do, that is one small query.
 * Safe with concurrent starters: one works, the others wait and then find it done. A file that failed leaves nothing behind.
 */
export async function migrate(client: pg.ClientBase): Promise<void> {
  if ((await level(client)) >= newest) return
  try {
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1)', [lockKey])
    await client.query(`set local search_path = storage, public, extensions`)
    await client.query(`
      create schema if not exists storage;
      create table if not exists storage.migrations (
        id integer primary key,
        name varchar(100) unique not null,
        hash varchar(40) not null,
        executed_at timestamp default current_timestamp
      )`)
    const done = (
      await client.query<{ id: number }>('select coalesce(max(id), 0) as id from storage.migrations')
    ).rows[0]?.id
    for (const { id, name, text, hash } of read()) {
      if (id <= (done ?? 0)) continue
      await client.query(text)
      await client.query('insert into storage.migrations (id, name, hash) values ($1, $2, $3)', [
        id,
        name,
        hash,
      ])
    }
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

async function level(client: pg.ClientBase): Promise<number> {
  try {
    const { rows } = await client.query<{ id: number | null }>('select max(id) as id from storage.migrations')
    return rows[0]?.id ?? 0
  } catch (error) {
    // No such table or schema: a new database.
    if (codeOf(error) === '42P01' || codeOf(error) === '3F000') return 0
    throw error
  }
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
