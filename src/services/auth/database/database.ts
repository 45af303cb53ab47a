import pg from 'pg'
import { type Clock, codeOf, type Log, messageOf, sleep } from '#kernel'
import { errors } from '../errors.ts'
import { fromPostgres, isSchemaGone } from './failures.ts'
import { migrate } from './migrations.ts'

export interface DatabaseOptions {
  readonly url: string
  readonly maxConnections: number
  /** How long a request waits for a database that is not up yet. Default: 10 s. */
  readonly patienceMs?: number
  /** An idle connection closes after this. Default: 10 s. */
  readonly idleConnectionMs?: number
  readonly clock: Clock
  readonly log: Log
}

/** What work inside a transaction can do: rejects with PostgreSQL's own error. */
export interface Transaction {
  query<R extends pg.QueryResultRow = pg.QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>
  /** Runs `work` when everything is committed, without anybody waiting for it; what it throws is logged. */
  afterCommit(work: () => Promise<unknown>): void
}

/**
 * The silo's PostgreSQL as the auth service uses it. Nothing happens before the first request: then the pool opens, a database that still
 * starts is waited for, and the schema is made once. Idle connections close after seconds, so that a resting silo costs nothing.
 */
export class Database {
  readonly #options: DatabaseOptions
  readonly #pool: pg.Pool
  #migrated: Promise<void> | undefined
  #seen = false

  constructor(options: DatabaseOptions) {
    this.#options = options
    this.#pool = new pg.Pool({
      connectionString: options.url,
      max: options.maxConnections,
      idleTimeoutMillis: options.idleConnectionMs ?? 10_000,
      connectionTimeoutMillis: options.patienceMs ?? 10_000,
      application_name: 'auth',
      allowExitOnIdle: true,
    })
    // An idle connection that breaks (the silo was stopped) is dropped by the pool; the next request opens another.
    this.#pool.on('error', error => options.log.debug({ err: error }, 'auth: idle connection lost'))
    // One that breaks at work fails its query; the event besides would end the process if nobody listened.
    this.#pool.on('connect', client => client.on('error', () => {}))
  }

  /**
   * Resolves when the schema is there. Asks the database the first time only, as GoTrue's own health does not ask it at all:
   * a check that opens a connection every minute would keep a resting silo busy.
   */
  async ready(): Promise<void> {
    if (this.#seen) return
    await this.run(transaction => transaction.query('select from auth.users limit 0'))
    this.#seen = true
  }

  /** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. Run again when the schema had to be made anew. */
  async run<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.#transact(work)
    } catch (error) {
      if (!isSchemaGone(error)) throw error
      this.#migrated = undefined
      return this.#transact(work)
    }
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  async #transact<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const client = await this.#begin()
    let broken: Error | undefined
    const onError = (error: Error) => {
      broken = error
    }
    client.on('error', onError)
    const later: (() => Promise<unknown>)[] = []
    try {
      const result = await work({
        query: async (text, values) => (await client.query(text, values)).rows,
        afterCommit: task => void later.push(task),
      })
      await client.query('commit')
      for (const task of later) this.#afterwards(task)
      return result
    } catch (error) {
      await client.query('rollback').catch(failure => {
        broken = failure as Error
      })
      throw fromPostgres(error, 'running the request')
    } finally {
      client.removeListener('error', onError)
      client.release(broken)
    }
  }

  #afterwards(task: () => Promise<unknown>): void {
    task().catch(error => this.#options.log.warn({ err: error }, 'auth: work after a request failed'))
  }

  /** A connection with a transaction open. An idle connection that broke meanwhile is replaced, unseen. */
  async #begin(): Promise<pg.PoolClient> {
    this.#migrated ??= this.#prepare().catch(error => {
      this.#migrated = undefined
      throw error
    })
    await this.#migrated
    for (let tries = 0; ; tries++) {
      const client = await this.#open()
      try {
        await client.query('begin')
        return client
      } catch (error) {
        client.release(true)
        if (!isNotUp(error) || tries >= this.#options.maxConnections) {
          throw errors.database('starting a transaction', error)
        }
      }
    }
  }

  /** A server that goes down meanwhile is waited for like one that is not up yet; nothing half-made is left behind. */
  async #prepare(): Promise<void> {
    const { clock, patienceMs = 10_000 } = this.#options
    const deadline = clock.monotonic() + patienceMs
    for (;;) {
      const client = await this.#open()
      try {
        await migrate(client)
        client.release()
        return
      } catch (error) {
        client.release(true)
        if (!isNotUp(error) || clock.monotonic() > deadline) {
          throw errors.database('making the auth schema', error)
        }
        await sleep(clock, 50)
      }
    }
  }

  /** A connection; while the server is not there yet, tries again after a few milliseconds, then more. */
  async #open(): Promise<pg.PoolClient> {
    const { clock, patienceMs = 10_000 } = this.#options
    const deadline = clock.monotonic() + patienceMs
    for (let waitMs = 2; ; waitMs = Math.min(waitMs * 2, 50)) {
      try {
        return await this.#pool.connect()
      } catch (error) {
        if (this.#pool.ending) throw errors.closing()
        const busy = isBusy(error)
        if (!busy && !isNotUp(error)) throw errors.database('connecting', error)
        if (clock.monotonic() + waitMs > deadline) {
          throw busy ? errors.tooBusy(error) : errors.databaseTimeout(error)
        }
        await sleep(clock, waitMs)
      }
    }
  }
}

function isNotUp(error: unknown): boolean {
  const code = codeOf(error) ?? ''
  // 57P03: starting up or shutting down; 57P01: ended by the administrator.
  if (['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', '57P03', '57P01'].includes(code)) return true
  return /Connection terminated|timeout exceeded when trying to connect/.test(messageOf(error))
}

function isBusy(error: unknown): boolean {
  return codeOf(error) === '53300'
}
