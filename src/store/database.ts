import { chmodSync, closeSync, existsSync, fdatasync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import Libsql from 'libsql'
import { fromSqlite, storeErrors } from './errors.ts'
import { migrate } from './migrate.ts'

type Value = string | number | Uint8Array | null
type Row = Record<string, unknown>

/** One libSQL file. Synchronous: what a call wrote is on disk when it returns. */
export class Database {
  readonly path: string
  readonly #connection: Libsql.Database
  readonly #statements = new Map<string, Libsql.Statement>()
  #depth = 0
  #waits = true
  #journal: number | undefined
  #syncing: Promise<void> | undefined
  #syncsNext: Promise<void> | undefined

  constructor(path: string) {
    this.path = path
    const isNew = !existsSync(path)
    try {
      this.#connection = new Libsql(path)
      if (isNew) chmodSync(path, 0o600)
      // One daemon per home is the lock file's business; another process that writes here all the same makes us fail, not wait.
      this.#connection.exec(
        'pragma busy_timeout = 200; pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;',
      )
      if (!isNew) this.#check()
      migrate(this.#connection, path)
    } catch (error) {
      throw fromSqlite(path, error)
    }
  }

  run(sql: string, ...values: Value[]): void {
    if (this.#depth === 0) this.#wait(true)
    this.#guard(() => this.#prepare(sql).run(values))
  }

  all<R = Row>(sql: string, ...values: Value[]): R[] {
    return this.#guard(() => this.#prepare(sql).all(values) as R[])
  }

  get<R = Row>(sql: string, ...values: Value[]): R | undefined {
    return this.#guard(() => this.#prepare(sql).get(values) as R | undefined)
  }

  /**
   * All of `work`'s writes or none. May be nested; the outermost decides. Without `lasting` it does not wait for the disk: the next that does
   * takes it along, and until then only a failure of the whole system can lose it.
   */
  transaction<T>(work: () => T, lasting = true): T {
    if (this.#depth > 0) return work()
    this.#wait(lasting)
    this.#guard(() => this.#connection.exec('begin immediate'))
    this.#depth++
    try {
      const result = work()
      this.#guard(() => this.#connection.exec('commit'))
      return result
    } catch (error) {
      try {
        this.#connection.exec('rollback')
      } catch {
        // SQLite has rolled back already (a full disk, say); the first error is the one to tell.
      }
      throw error
    } finally {
      this.#depth--
    }
  }

  /**
   * Resolves when everything that was committed so far is on disk; without holding up the event loop, and once for all who ask meanwhile.
   * Rejects when the disk refuses.
   */
  synced(): Promise<void> {
    if (this.#syncsNext) return this.#syncsNext
    // One that runs may have begun before the last commit.
    const before = this.#syncing
    if (!before) return this.#sync()
    const next = before
      .catch(() => {})
      .then(() => {
        this.#syncsNext = undefined
        return this.#sync()
      })
    this.#syncsNext = next
    return next
  }

  #sync(): Promise<void> {
    const syncing = new Promise<void>((resolve, reject) =>
      fdatasync(this.#openJournal(), error => (error ? reject(fromSqlite(this.path, error)) : resolve())),
    ).finally(() => {
      this.#syncing = undefined
    })
    this.#syncing = syncing
    return syncing
  }

  /** The write-ahead log, which is the same file for as long as this connection is open. It carries no locks, so that opening it a second time is safe. */
  #openJournal(): number {
    if (this.#journal !== undefined) return this.#journal
    this.#journal = openSync(`${this.path}-wal`, 'r+')
    const folder = openSync(dirname(this.path), 'r')
    fsyncSync(folder)
    closeSync(folder)
    return this.#journal
  }

  close(): void {
    this.#statements.clear()
    const journal = this.#journal
    this.#journal = undefined
    if (journal !== undefined)
      if (this.#syncing)
        // Not under the feet of a sync that runs.
        void this.#syncing.catch(() => {}).then(() => closeSync(journal))
      else closeSync(journal)
    this.#connection.close()
  }

  /** Whether the commits that follow wait for the disk. */
  #wait(waits: boolean): void {
    if (waits === this.#waits) return
    this.#guard(() => this.#connection.exec(`pragma synchronous = ${waits ? 'full' : 'normal'}`))
    this.#waits = waits
  }

  #check(): void {
    const row = this.#connection.prepare('pragma quick_check(1)').get() as { quick_check?: string }
    if (row.quick_check !== 'ok')
      throw storeErrors.damaged(this.path, row.quick_check ?? 'the check gave no answer')
  }

  #prepare(sql: string): Libsql.Statement {
    const known = this.#statements.get(sql)
    if (known) return known
    const statement = this.#connection.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #guard<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw fromSqlite(this.path, error)
    }
  }
}
