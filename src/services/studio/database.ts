import pg from 'pg'
import { type Clock, codeOf, HangarError, type Log, messageOf, sleep } from '#kernel'
import { studioErrors } from './errors.ts'

export interface Reader {
  query<R extends pg.QueryResultRow = pg.QueryResultRow>(
    text: string,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>>
  readonly client: pg.ClientBase
}

const patienceMs = 10_000

/** Read-only access to the silo's database. Connects with the first question, waits for a server that starts, lets go after seconds. */
export class Database {
  readonly #pool: pg.Pool
  readonly #clock: Clock

  constructor(url: string, clock: Clock, log: Log) {
    this.#clock = clock
    this.#pool = new pg.Pool({
      connectionString: url,
      max: 4,
      idleTimeoutMillis: 5_000,
      connectionTimeoutMillis: patienceMs,
      application_name: 'studio',
      allowExitOnIdle: true,
    })
    this.#pool.on('error', error => log.debug({ err: error }, 'studio: idle connection lost'))
  }

  /**
   * Runs `work` in a transaction that cannot write and is always rolled back; a statement may take ten seconds.
   * `closeAfter`: the connection is not used again, so that nothing a statement left in the session outlives it.
   */
  async read<T>(work: (reader: Reader) => Promise<T>, options: { closeAfter?: boolean } = {}): Promise<T> {
    const client = await this.#begin()
    let broken: Error | undefined
    const onError = (error: Error) => {
      broken = error
    }
    client.on('error', onError)
    try {
      return await work({ client, query: (text, values) => client.query(text, values) })
    } catch (error) {
      throw asStudioError(error)
    } finally {
      await client.query('rollback').catch(error => {
        broken = error as Error
      })
      client.removeListener('error', onError)
      client.release(broken ?? options.closeAfter)
    }
  }

  close(): Promise<void> {
    return this.#pool.end()
  }

  async #begin(): Promise<pg.PoolClient> {
    const deadline = this.#clock.monotonic() + patienceMs
    for (let waitMs = 2; ; waitMs = Math.min(waitMs * 2, 100)) {
      let client: pg.PoolClient | undefined
      try {
        client = await this.#pool.connect()
        await client.query(`begin read only; set local statement_timeout = '10s'`)
        return client
      } catch (error) {
        client?.release(true)
        if (!isNotUp(error)) throw asStudioError(error)
        if (this.#clock.monotonic() + waitMs > deadline) throw studioErrors.databaseDown(error)
        await sleep(this.#clock, waitMs)
      }
    }
  }
}

function isNotUp(error: unknown): boolean {
  const code = codeOf(error) ?? ''
  if (['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', '57P03', '57P01'].includes(code)) return true
  return /Connection terminated|timeout exceeded when trying to connect/.test(messageOf(error))
}

/** What PostgreSQL refused is the reader's own doing here: the message is shown. */
function asStudioError(error: unknown): unknown {
  if (error instanceof HangarError) return error
  if (isNotUp(error)) return studioErrors.databaseDown(error)
  if (error instanceof pg.DatabaseError) {
    return studioErrors.queryFailed(error.message, error.position ? Number(error.position) : undefined, error)
  }
  return error
}
