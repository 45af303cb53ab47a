import { type Clock, codeOf, type Log, messageOf } from '#kernel'
import { restErrors, StaleSchema } from '../errors.ts'
import type { Presence } from '../presence.ts'
import { ident, render, type Statement, sql } from '../sql/sql.ts'
import { Batch, type Rows } from './batch.ts'
import { type Connection, Strayed } from './connection.ts'
import { isLost, isLostBefore } from './failures.ts'
import { Pace } from './pace.ts'
import { Pool } from './pool.ts'

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

const idleMs = 10_000
const defaultPatienceMs = 10_000

/** The silo's PostgreSQL as the REST service uses it. A database that still starts is waited for; idle connections close by themselves. */
export class Database {
  readonly #pool: Pool
  readonly #pace = new Pace()
  readonly #mostTries: number

  constructor({ url, size, patienceMs = defaultPatienceMs, channel, onNotify, clock, log }: DatabaseOptions) {
    this.#mostTries = size + moreTries
    this.#pool = new Pool({
      url,
      size,
      patienceMs,
      idleMs,
      clock,
      log,
      onNotification: onNotify,
      onDone: (batch, spentMs) => this.#pace.tell(batch.kind, spentMs),
      onOpen(connection) {
        if (channel === undefined) return
        connection
          .run([render(sql`listen ${ident(channel)}`)])
          .catch(error => log.debug({ reason: messageOf(error) }, 'not listening'))
      },
    })
  }

  /** Connections: open, free, and how many requests wait for one. */
  get figures(): Pool['figures'] {
    return this.#pool.figures
  }

  /** Whether no connection is open, so that a notification may have been missed. */
  get isAlone(): boolean {
    return this.#pool.isEmpty
  }

  /** Runs one transaction in one round trip and gives the results of `main`. PostgreSQL's errors are thrown as they came; throws StaleSchema when the guard fails. */
  transact(work: Work): Promise<readonly Rows[]> {
    const begin = beginOf(work)
    return begin
      ? this.use(connection => this.#within(connection, begin, work), work.readOnly)
      : this.#send(work)
  }

  /** One batch among others. */
  async #send({ scope, main, guarded, readOnly, presence }: Work): Promise<readonly Rows[]> {
    const statements = [...scope, ...main]
    const kind = statements.at(-1)?.text ?? ''
    for (let tries = 1; ; tries++) {
      const isQuick = this.#pace.isQuick(kind)
      const batch = new Batch(statements, { kind, isQuick })
      this.#pool.ask({
        alone: false,
        quick: isQuick && readOnly,
        take: connection => take(connection, batch, presence),
        refuse: error => batch.giveUp(error),
      })
      try {
        const results = await batch.done
        return results.slice(scope.length)
      } catch (error) {
        if (guarded && batch.failed === 0 && codeOf(error) === '22012') throw new StaleSchema()
        // When all of its statements are done, it may be committed, whatever the goodbye says.
        const isWhole = batch.failed === statements.length
        if (tries < this.#mostTries && !(isWhole && !readOnly) && mayComeAgain(error, readOnly)) continue
        throw isLost(error) ? restErrors.lost(error) : error
      }
    }
  }

  /** A transaction of its own name: more than one round trip, or an end other than a commit. */
  async #within(connection: Connection, begin: Statement, work: Work): Promise<readonly Rows[]> {
    const { guarded, scope, main, check, presence, rollback: isTakenBack } = work
    // What a commit would have refused is refused all the same.
    const end = isTakenBack ? [immediate, rollback] : [commit]
    const batch = new Batch([begin, ...scope, ...main, ...(check ? [] : end)])
    take(connection, batch, presence)
    try {
      const results = await batch.done
      const wanted = results.slice(1 + scope.length, 1 + scope.length + main.length)
      if (check) {
        check(wanted)
        await connection.run(end)
      }
      return wanted
    } catch (error) {
      if (!isLost(error)) await connection.run([rollback])
      if (guarded && batch.failed === 1 && codeOf(error) === '22012') throw new StaleSchema()
      throw error
    }
  }

  /** A connection that works, for one alone. One that broke while it was idle is replaced, unseen. `harmless`: the work may be done twice. */
  async use<T>(work: (connection: Connection) => Promise<T>, harmless = true): Promise<T> {
    for (let tries = 1; ; tries++) {
      const connection = await new Promise<Connection>((take, refuse) =>
        this.#pool.ask({ alone: true, quick: false, take, refuse }),
      )
      try {
        return await work(connection)
      } catch (error) {
        if (tries < this.#mostTries && mayComeAgain(error, harmless)) continue
        throw isLost(error) ? restErrors.lost(error) : error
      } finally {
        this.#pool.giveBack(connection)
      }
    }
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}

/** Beyond what connections there are: all that are open may have been ended at once, each to be found out. */
const moreTries = 3

/** Whether work that failed with this may be done again. `harmless`: it may be done twice. */
function mayComeAgain(error: unknown, harmless: boolean): boolean {
  return error instanceof Strayed || (isLost(error) && (harmless || isLostBefore(error)))
}

function take(connection: Connection, batch: Batch, presence: Presence | undefined): void {
  if (presence?.hasLeft) return batch.giveUp(restErrors.left())
  if (presence) presence.onLeave = () => connection.abandon(batch)
  connection.send(batch)
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
