import { readdirSync, readFileSync } from 'node:fs'
import type Libsql from 'libsql'
import { storeErrors } from './errors.ts'

const folder = new URL('./migrations/', import.meta.url)

/** Applies the numbered SQL files that this database has not seen, each in a transaction of its own. */
export function migrate(connection: Libsql.Database, path: string): void {
  const files = readdirSync(folder)
    .filter(name => /^\d{4}-.*\.sql$/.test(name))
    .sort()
  const { user_version: found } = connection.prepare('pragma user_version').get() as { user_version: number }
  if (found > files.length) throw storeErrors.newer(path, found, files.length)
  for (const [index, name] of files.entries()) {
    if (index < found) continue
    connection.exec('begin immediate')
    try {
      connection.exec(readFileSync(new URL(name, folder), 'utf8'))
      connection.exec(`pragma user_version = ${index + 1}`)
      connection.exec('commit')
    } catch (error) {
      try {
        connection.exec('rollback')
      } catch {
        // SQLite has rolled back already (a full disk, say); the first error is the one to tell.
      }
      throw error
    }
  }
}
