import pg from 'pg'
import { type Clock, type Log, messageOf, sleep } from '#kernel'
import { restErrors, StaleSchema } from '../errors.ts'
import { ident, render, type Statement, sql } from '../sql/sql.ts'
import { Batch, type Rows } from './batch.ts'
import { isLost, isLostBefore, isNotUp } from './failures.ts'

const idleMs = 10_000

export interface DatabaseOptions {
  readonly url: string
  readonly size: number
  /** How long a request waits for a database that is not up yet. Default: 10 s. */
  readonly patienceMs?: number
  /** Where changes of the schema and of settings are told; undefined: nowhere. */
  readonly channel: string | undefined
  /** Called when something is told; heard only while a connection is open. */
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
  /** As PostgreSQL calls it; undefined: as the database is set. */
  readonly isolation: string | undefined
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
        if (options.channel !== undefined) await run(client, [render(sql`listen ${ident(options.channel)}`)])
      },
    } as pg.PoolConfig)
    this.#pool.on('error', error => options.log.debug({ err: error }, 'idle connection lost'))
  }

  /** Connections: open, free, and how many requests wait for one. */
  get figures(): {
    readonly open: number
    readonly free: number
    readonly waiting: number
    readonly most: number
  } {
    const { totalCount, idleCount, waitingCount } = this.#pool
    return { open: totalCount, free: idleCount, waiting: waitingCount, most: this.#options.size }
  }

  /** Whether no connection is open, so that a notification may have been missed. */
  get isAlone(): boolean {
    return this.#pool.totalCount === 0
  }

  /** Runs one transaction in one round trip and gives the results of `main`. PostgreSQL's errors are thrown as they came; throws StaleSchema when the guard fails. */
  async transact(work: Work): Promise<readonly Rows[]> {
    const { guard, scope, main, check } = work
    const before = [beginOf(work), ...(guard ? [guard] : []), ...scope]
    // What a commit would have refused is refused all the same.
    const end = work.rollback ? [immediate, rollback] : [commit]
    return this.use(async client => {
      const batch = new Batch([...before, ...main, ...(check ? [] : end)])
      try {
        client.query(batch)
        const results = (await batch.done).slice(before.length, before.length + main.length)
        if (check) {
          check(results)
          await run(client, end)
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

const isolations: ReadonlySet<string> = new Set(['serializable', 'repeatable read', 'read committed'])

function beginOf({ readOnly, isolation }: Work): Statement {
  const level = isolation !== undefined && isolations.has(isolation) ? ` isolation level ${isolation}` : ''
  return plain(`begin${level}${readOnly ? ' read only' : ''}`)
}

const plain = (text: string): Statement => ({ text, values: [] })
const immediate = plain('set constraints all immediate')
const commit = plain('commit')
const rollback = plain('rollback')
