import pg from 'pg'
import { type Clock, codeOf, type Log, messageOf, sleep } from '#kernel'
import { restErrors, StaleSchema } from '../errors.ts'
import type { Presence } from '../presence.ts'
import { ident, render, type Statement, sql } from '../sql/sql.ts'
import { Batch, type Rows, run } from './batch.ts'
import { cancel, isUsableAfter } from './cancel.ts'
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
  /** Makes the transaction act for the caller. With a guard, the first divides by zero when the schema is not the one that `main` was made for. */
  readonly scope: readonly Statement[]
  readonly guarded: boolean
  readonly main: readonly Statement[]
  readonly readOnly: boolean
  /** As PostgreSQL calls it; undefined: as the database is set. */
  readonly isolation: string | undefined
  readonly rollback: boolean
  /** Looks at the results of `main` before they are committed; when it throws, everything is taken back. Costs a round trip. */
  readonly check?: ((results: readonly Rows[]) => void) | undefined
  /** Who waits for it: when they go away, it is cancelled. */
  readonly presence?: Presence | undefined
}

/** The silo's PostgreSQL as the REST service uses it. A database that still starts is waited for; idle connections close by themselves. */
export class Database {
  readonly #pool: pg.Pool
  readonly #options: DatabaseOptions
  /** Connections that are closed after what they do now. */
  readonly #spent = new WeakSet<pg.PoolClient>()

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
        // A connection that breaks while it works says so to the work, too.
        client.on('error', error => options.log.debug({ err: error }, 'connection lost'))
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
    const { guarded, scope, main, check, presence } = work
    const begin = beginOf(work)
    const before = begin ? [begin, ...scope] : scope
    // What a commit would have refused is refused all the same.
    const end = work.rollback ? [immediate, rollback] : begin ? [commit] : []
    const batch = () => new Batch([...before, ...main, ...(check ? [] : end)])
    return this.use(async client => {
      if (presence?.hasLeft) throw restErrors.left()
      const own = batch()
      try {
        const results = await this.#watched(client, own, presence)
        const wanted = results.slice(before.length, before.length + main.length)
        if (check) {
          check(wanted)
          await run(client, end)
        }
        return wanted
      } catch (error) {
        if (begin && !isLost(error)) await run(client, [rollback])
        if (guarded && own.failed === before.length - scope.length && codeOf(error) === '22012')
          throw new StaleSchema()
        throw error
      }
    }, work.readOnly)
  }

  /** Sends a batch and gives its results. When the one who waits goes away, PostgreSQL is told to stop; the connection serves nobody else before that can do no more harm. */
  async #watched(
    client: pg.PoolClient,
    batch: Batch,
    presence: Presence | undefined,
  ): Promise<readonly Rows[]> {
    client.query(batch)
    if (!presence) return batch.done
    let cancelled: Promise<boolean> | undefined
    presence.onLeave = () => {
      cancelled = cancel(client)
    }
    try {
      return await batch.done
    } finally {
      presence.onLeave = undefined
      if (cancelled && !(await isUsableAfter(cancelled, client))) this.#spent.add(client)
    }
  }

  /** A connection that works. One that broke while it was idle is replaced, unseen. `harmless`: the work may be done twice. */
  async use<T>(work: (client: pg.PoolClient) => Promise<T>, harmless = true): Promise<T> {
    for (let tries = 0; ; tries++) {
      const client = await this.#open()
      try {
        const result = await work(client)
        client.release(this.#spent.has(client))
        return result
      } catch (error) {
        const lost = isLost(error)
        client.release(lost || this.#spent.has(client))
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

const isolations: ReadonlySet<string> = new Set(['serializable', 'repeatable read', 'read committed'])

/** What only a transaction of its own name can do: another isolation, looking before committing, taking back. */
function beginOf({ readOnly, isolation, rollback, check }: Work): Statement | undefined {
  const level = isolation !== undefined && isolations.has(isolation) ? ` isolation level ${isolation}` : ''
  if (level === '' && !rollback && !check) return undefined
  return plain(`begin${level}${readOnly ? ' read only' : ''}`)
}

const plain = (text: string): Statement => ({ text, values: [] })
const immediate = plain('set constraints all immediate')
const commit = plain('commit')
const rollback = plain('rollback')
