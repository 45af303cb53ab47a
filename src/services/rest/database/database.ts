import pg from 'pg'
import { type Clock, type Log, messageOf, sleep } from '#kernel'
import { restErrors, StaleSchema } from '../errors.ts'
import type { Statement } from '../sql/sql.ts'
import { Batch, type Rows } from './batch.ts'
import { isLost, isLostBefore, isNotUp } from './failures.ts'

const idleMs = 10_000

export interface DatabaseOptions {
  readonly url: string
  readonly size: number
  /** How long a request waits for a database that is not up yet. Default: 10 s. */
  readonly patienceMs?: number
  /** Called when somebody says `NOTIFY pgrst`; heard only while a connection is open. */
  readonly onNotify: () => void
  readonly clock: Clock
  readonly log: Log
}

/** One transaction. */
export interface Work {
  /** Fails when the schema is not the one that `main` was made for. */
  readonly guard: Statement | undefined
  /** Makes the transaction act for the caller. */
  readonly scope: readonly Statement[]
  readonly main: readonly Statement[]
  readonly readOnly: boolean
  readonly rollback: boolean
  /** Looks at the results of `main` before they are committed; when it throws, everything is taken back. Costs a round trip. */
  readonly check?: ((results: readonly Rows[]) => void) | undefined
}

/** The silo's PostgreSQL as the REST service uses it. A database that still starts is waited for; idle connections close by themselves. */
export class Database {
  readonly #pool: pg.Pool
  readonly #options: DatabaseOptions

  constructor(options: DatabaseOptions) {
    this.#options = options
    this.#pool = new pg.Pool({
      connectionString: options.url,
      max: options.size,
      idleTimeoutMillis: idleMs,
      connectionTimeoutMillis: options.patienceMs ?? 10_000,
      application_name: 'postgrest',
      allowExitOnIdle: true,
      onConnect: async (client: pg.ClientBase) => {
        client.on('notification', options.onNotify)
        const batch = new Batch([listen])
        client.query(batch)
        await batch.done
      },
    } as pg.PoolConfig)
    this.#pool.on('error', error => options.log.debug({ err: error }, 'idle connection lost'))
  }

  /** Whether no connection is open, so that a notification may have been missed. */
  get isAlone(): boolean {
    return this.#pool.totalCount === 0
  }

  /** Runs one transaction in one round trip and gives the results of `main`. PostgreSQL's errors are thrown as they came; throws StaleSchema when the guard fails. */
  async transact(work: Work): Promise<readonly Rows[]> {
    const { guard, scope, main, check } = work
    const before = [work.readOnly ? beginReadOnly : begin, ...(guard ? [guard] : []), ...scope]
    const end = work.rollback ? rollback : commit
    return this.use(async client => {
      const batch = new Batch([...before, ...main, ...(check ? [] : [end])])
      try {
        client.query(batch)
        const results = (await batch.done).slice(before.length, before.length + main.length)
        if (check) {
          check(results)
          await run(client, [end])
        }
        return results
      } catch (error) {
        if (!isLost(error)) await run(client, [rollback])
        if (guard && batch.failed === 1 && (error as { code?: string }).code === '22012')
          throw new StaleSchema()
        throw error
      }
    }, work.readOnly)
  }

  /** A connection that works. One that broke while it was idle is replaced, unseen. `harmless`: the work may be done twice. */
  async use<T>(work: (client: pg.PoolClient) => Promise<T>, harmless = true): Promise<T> {
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
        if (tries >= 3 || !(harmless || isLostBefore(error))) throw restErrors.lost(error)
      }
    }
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  async #open(): Promise<pg.PoolClient> {
    const { clock, patienceMs = 10_000 } = this.#options
    const until = clock.monotonic() + patienceMs
    for (let waitMs = 2; ; waitMs = Math.min(50, waitMs * 1.1)) {
      try {
        return await this.#pool.connect()
      } catch (error) {
        if (/^timeout exceeded/.test(messageOf(error)) && this.#pool.totalCount >= this.#options.size)
          throw restErrors.poolTimeout()
        if (!isNotUp(error) || clock.monotonic() + waitMs > until || this.#pool.ending)
          throw restErrors.notUp(error)
        await sleep(clock, waitMs)
      }
    }
  }
}

/** Runs statements on a connection of one's own and gives their rows. */
export async function run(client: pg.ClientBase, statements: readonly Statement[]): Promise<readonly Rows[]> {
  const batch = new Batch(statements)
  client.query(batch)
  return batch.done
}

const plain = (text: string): Statement => ({ text, values: [] })
const listen = plain('listen pgrst')
const begin = plain('begin')
const beginReadOnly = plain('begin read only')
const commit = plain('commit')
const rollback = plain('rollback')
