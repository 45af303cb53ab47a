import pg from 'pg'
import { type Clock, codeOf, type Log, messageOf, sleep } from '#kernel'
import { errors } from '../errors.ts'
import { fromPostgres } from './failures.ts'
import { migrate } from './migrations.ts'
import { type Scope, scopeStatement } from './scope.ts'
import { inline, type Statement } from './statement.ts'

export interface DatabaseOptions {
  readonly url: string
  readonly maxConnections: number
  readonly idleConnectionMs: number
  /** Whether roles that the database lacks are made. Default: true. */
  readonly installRoles?: boolean
  /** How long a request waits for a database that is not up yet. Default: 10 s. */
  readonly patienceMs?: number
  readonly clock: Clock
  readonly log: Log
}

/** What work inside a transaction can do. */
export interface Transaction {
  query<R extends pg.QueryResultRow = pg.QueryResultRow>(
    text: string,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>>
  /** Continues the transaction as somebody else. */
  as(scope: Scope): Promise<void>
}

/**
 * The silo's PostgreSQL as the storage service uses it. Nothing happens before the first request: then the pool opens, a database that
 * still starts is waited for, and migrations run once. Idle connections close after seconds, so that a resting silo costs nothing.
 */
export class Database {
  readonly #options: DatabaseOptions
  readonly #pool: pg.Pool
  #migrated: Promise<void> | undefined

  constructor(options: DatabaseOptions) {
    this.#options = options
    this.#pool = new pg.Pool({
      connectionString: options.url,
      max: options.maxConnections,
      idleTimeoutMillis: options.idleConnectionMs,
      connectionTimeoutMillis: options.patienceMs ?? 10_000,
      application_name: 'storage',
      allowExitOnIdle: true,
      types: { getTypeParser: parserOf },
    } as pg.PoolConfig)
    // An idle connection that breaks (the silo was stopped) is dropped by the pool; the next request opens another.
    this.#pool.on('error', error => options.log.debug({ err: error }, 'storage: idle connection lost'))
  }

  /** Resolves when the tables are there; rejects when the database is not, and may be asked again. */
  ready(): Promise<void> {
    this.#migrated ??= this.#prepare().catch(error => {
      this.#migrated = undefined
      throw error
    })
    return this.#migrated
  }

  /** Runs `work` in one transaction as `scope`: committed when it resolves, rolled back when it throws. */
  run<T>(scope: Scope, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#transact(scope, work, 'commit')
  }

  /** Runs `work` as `scope` and always rolls back: would it be allowed? */
  attempt<T>(scope: Scope, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#transact(scope, work, 'rollback')
  }

  /**
   * Runs statements, none of which needs another's answer, as `scope` in one transaction, and in one round trip. Resolves with a result
   * for each; when one fails, rejects with its error and nothing is kept. A connection that breaks on the way may mean that it is done
   * twice, so it must come to the same.
   */
  async batch(
    scope: Scope,
    end: 'commit' | 'rollback',
    statements: readonly Statement[],
  ): Promise<pg.QueryResult[]> {
    const text = ['begin', scopeStatement(scope), ...statements.map(inline), end].join('; ')
    const [client, results] = await this.#connected(client => client.query(text))
    client.release()
    return (results as unknown as pg.QueryResult[]).slice(2, -1)
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  async #transact<T>(
    scope: Scope,
    work: (transaction: Transaction) => Promise<T>,
    end: 'commit' | 'rollback',
  ): Promise<T> {
    const client = await this.#begin(scope)
    let broken: Error | undefined
    const onError = (error: Error) => {
      broken = error
    }
    client.on('error', onError)
    const query: Transaction['query'] = (text, values) =>
      client.query(text, values).catch(error => {
        throw fromPostgres(error)
      })
    try {
      const result = await work({
        query,
        as: async next => {
          await query(scopeStatement(next))
        },
      })
      await query(end)
      return result
    } catch (error) {
      await client.query('rollback').catch(failure => {
        broken = failure as Error
      })
      throw error
    } finally {
      client.removeListener('error', onError)
      client.release(broken)
    }
  }

  /** A connection with a transaction open as `scope`. */
  async #begin(scope: Scope): Promise<pg.PoolClient> {
    const [client] = await this.#connected(client => client.query(`begin; ${scopeStatement(scope)}`))
    return client
  }

  /** A connection, and what the first words on it gave. An idle connection that broke meanwhile is replaced, unseen. */
  async #connected<T>(first: (client: pg.PoolClient) => Promise<T>): Promise<[pg.PoolClient, T]> {
    await this.ready()
    for (let tries = 0; ; tries++) {
      const client = await this.#open()
      try {
        return [client, await first(client)]
      } catch (error) {
        const lost = isNotUp(error)
        if (!lost) await client.query('rollback').catch(() => {})
        client.release(lost)
        if (!lost || tries >= this.#options.maxConnections) throw fromPostgres(error)
      }
    }
  }

  async #prepare(): Promise<void> {
    const client = await this.#open()
    try {
      await migrate(client, { roles: this.#options.installRoles ?? true })
    } catch (error) {
      throw fromPostgres(error)
    } finally {
      client.release()
    }
  }

  /** A connection; while the server is not there yet, tries again after a few milliseconds, then more. */
  async #open(): Promise<pg.PoolClient> {
    const { clock, patienceMs = 10_000 } = this.#options
    const deadline = clock.monotonic() + patienceMs
    for (let waitMs = 2; ; waitMs = Math.min(waitMs * 2, 100)) {
      try {
        return await this.#pool.connect()
      } catch (error) {
        if (this.#pool.ending) throw errors.closing()
        if (isTooMany(error)) throw errors.tooManyConnections(error)
        if (!isNotUp(error)) throw fromPostgres(error)
        if (clock.monotonic() + waitMs > deadline) throw errors.databaseTimeout(error)
        await sleep(clock, waitMs)
      }
    }
  }
}

/** bigint columns hold sizes here, which are exact as numbers. */
function parserOf(type: number, format?: string) {
  return type === 20 ? Number : pg.types.getTypeParser(type, format as 'text')
}

function isNotUp(error: unknown): boolean {
  const code = codeOf(error) ?? ''
  // 57P03: starting up or shutting down; 57P01: ended by the administrator.
  if (['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', '57P03', '57P01'].includes(code)) return true
  return /Connection terminated|timeout exceeded when trying to connect/.test(messageOf(error))
}

function isTooMany(error: unknown): boolean {
  return (
    codeOf(error) === '53300' ||
    /too many clients|remaining connection slots|Max client connections/.test(messageOf(error))
  )
}
