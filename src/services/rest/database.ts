import pg from 'pg'
import { type Clock, codeOf, type Log, messageOf, sleep } from '#kernel'
import { restErrors } from './errors.ts'

const patienceMs = 10_000
const idleMs = 10_000

/** Results of a batch of statements, in their order. */
export type Results = pg.QueryResult<Record<string, unknown>>[]

/** The silo's PostgreSQL as the REST service uses it. A database that still starts is waited for; idle connections close by themselves. */
export class Database {
  readonly #pool: pg.Pool
  readonly #clock: Clock

  constructor(options: { url: string; size: number; clock: Clock; log: Log }) {
    this.#clock = options.clock
    this.#pool = new pg.Pool({
      connectionString: options.url,
      max: options.size,
      idleTimeoutMillis: idleMs,
      connectionTimeoutMillis: patienceMs,
      application_name: 'postgrest',
      allowExitOnIdle: true,
    })
    this.#pool.on('error', error => options.log.debug({ err: error }, 'idle connection lost'))
  }

  /**
   * One round trip: begin, `before`, `main`, commit. Both are SQL texts. When a statement fails, everything is rolled back and
   * PostgreSQL's error is thrown.
   */
  async transact(
    before: string,
    main: string,
    options: { readOnly: boolean; rollback: boolean },
  ): Promise<Results> {
    const begin = options.readOnly ? 'begin read only' : 'begin'
    const text = `${begin};${before};${main};${options.rollback ? 'rollback' : 'commit'}`
    return this.use(async client => {
      try {
        return (await client.query(text)) as unknown as Results
      } catch (error) {
        if (!isLost(error)) await client.query('rollback')
        throw error
      }
    })
  }

  /** A connection that works. One that broke while it was idle is replaced, unseen. */
  async use<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      const client = await this.#open()
      try {
        const result = await work(client)
        client.release()
        return result
      } catch (error) {
        const lost = isLost(error)
        client.release(lost)
        if (!lost) throw error
        // Nothing of a transaction that lost its connection before the commit has happened.
        if (tries >= 3 || codeOf(error) === '57P01') throw restErrors.notUp(error)
      }
    }
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  async #open(): Promise<pg.PoolClient> {
    const until = this.#clock.monotonic() + patienceMs
    for (let tries = 0; ; tries++) {
      // A silo's database is there within milliseconds; one that is not gets less attention.
      const waitMs = tries < 100 ? 2 : 50
      try {
        return await this.#pool.connect()
      } catch (error) {
        if (!isNotUp(error) || this.#clock.monotonic() + waitMs > until || this.#pool.ending)
          throw restErrors.notUp(error)
        await sleep(this.#clock, waitMs)
      }
    }
  }
}

function isNotUp(error: unknown): boolean {
  return ['ECONNREFUSED', 'ENOENT', '57P03'].includes(codeOf(error) ?? '') || isLost(error)
}

function isLost(error: unknown): boolean {
  return (
    ['ECONNRESET', 'EPIPE', '57P01'].includes(codeOf(error) ?? '') ||
    /Connection terminated|not queryable|Client was closed/.test(messageOf(error))
  )
}
