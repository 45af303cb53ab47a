import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { archiveContext } from './audit-store.ts'
import { graveContext, leaseContext } from './care-store.ts'
import { Database } from './database.ts'
import { storeErrors } from './errors.ts'
import { loadKeys, saveKeys } from './keys.ts'
import { createSealer, isSealedWith, type Keys } from './sealer.ts'

/** Every column that holds sealed values: how its rows are found, and what each is bound to. */
const sealedColumns: readonly {
  readonly table: string
  readonly key: readonly string[]
  context(row: Record<string, unknown>): string
}[] = [
  { table: 'app_secrets', key: ['app', 'name'], context: row => `${row['app']}/${row['name']}` },
  { table: 'silo_secrets', key: ['id'], context: row => `silo ${row['id']}` },
  { table: 'silo_connections', key: ['id'], context: row => `connection of silo ${row['id']}` },
  { table: 'silo_leases', key: ['id'], context: row => leaseContext(String(row['id'])) },
  { table: 'silo_graves', key: ['key'], context: row => graveContext(String(row['key'])) },
  { table: 'audit_head', key: ['one'], context: () => 'audit head' },
  { table: 'audit_archives', key: ['last_seq'], context: row => archiveContext(Number(row['last_seq'])) },
  { table: 'signing_keys', key: ['name'], context: () => 'desk signing key' },
]

/** Rows that are sealed again in one transaction. */
const atOnce = 500

export interface RekeyOptions {
  readonly path: string
  readonly keyPath: string
  /** HANGAR_KEY: its first key is the new one, and nothing is written to the key file. */
  readonly key?: string | undefined
}

export interface RekeyResult {
  /** Values that were sealed again. */
  readonly values: number
}

/**
 * Seals every stored secret with a new key. No daemon may run on that state. The new key is on disk beside the old one before anything
 * is sealed with it, and the old one goes only when nothing needs it: broken off anywhere, both open, and the next call finishes it.
 */
export async function rekey(options: RekeyOptions): Promise<RekeyResult> {
  if (!existsSync(options.path)) throw storeErrors.nothingToRekey(options.path)
  const fromFile = options.key === undefined || options.key === ''
  const known = loadKeys(options.keyPath, true, options.key)
  // More than one key in the file: an earlier change was broken off; it is finished instead of begun again.
  const keys: Keys = fromFile && known.length === 1 ? [randomBytes(32), ...known] : known
  if (fromFile) await saveKeys(options.keyPath, keys)
  const database = new Database(options.path)
  let values = 0
  try {
    for (const column of sealedColumns) values += sealAgain(database, keys, column)
  } finally {
    database.close()
  }
  if (fromFile) await saveKeys(options.keyPath, [keys[0]])
  return { values }
}

function sealAgain(database: Database, keys: Keys, column: (typeof sealedColumns)[number]): number {
  const sealer = createSealer(keys)
  const where = column.key.map(name => `${name} = ?`).join(' and ')
  const rows = database
    .all<Record<string, unknown> & { sealed: Uint8Array }>(
      `select ${column.key.join(', ')}, sealed from ${column.table}`,
    )
    .filter(row => !isSealedWith(keys[0], new Uint8Array(row.sealed)))
  for (let from = 0; from < rows.length; from += atOnce) {
    database.transaction(() => {
      for (const row of rows.slice(from, from + atOnce)) {
        const context = column.context(row)
        const sealed = sealer.seal(sealer.open(new Uint8Array(row.sealed), context), context)
        const key = column.key.map(name => row[name] as string | number)
        database.run(`update ${column.table} set sealed = ? where ${where}`, Buffer.from(sealed), ...key)
      }
    })
  }
  return rows.length
}

/** Tables that rekey knows; a test compares them with the schema. */
export const rekeyedTables: readonly string[] = sealedColumns.map(({ table }) => table)
