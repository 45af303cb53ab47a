import { availableParallelism } from 'node:os'
import { type Clock, type Log, messageOf, sleep, type Timer } from '#kernel'
import { restErrors } from '../errors.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { isNotUp } from './failures.ts'

export interface PoolOptions extends Pick<ConnectionOptions, 'onNotification' | 'onDone'> {
  readonly url: string
  readonly size: number
  /** How long a request waits for a connection, and for a database that is not up yet. */
  readonly patienceMs: number
  /** After which a connection that nobody uses is closed. */
  readonly idleMs: number
  readonly clock: Clock
  readonly log: Log
  /** Called with every new connection, before anything else is sent on it. */
  onOpen(connection: Connection): void
}

/** Somebody who asks for a connection. */
export interface Applicant {
  /** Whether it needs one for itself, until it is given back; else what it has to send must go out in `take`. */
  readonly alone: boolean
  /** Whether what it has to send only reads, and is known to be quick. */
  readonly quick: boolean
  take(connection: Connection): void
  refuse(error: unknown): void
}

/** Batches that may be under way on one connection, when all of them are known to be quick. */
const deepest = 16
/** Connections that quick reads are kept together on. More would not make them quicker, and each write to a connection costs more than what is written. */
const together = Math.max(2, availableParallelism())
const firstWaitMs = 2
const longestWaitMs = 50

/**
 * Connections, opened as they are needed and closed when they are idle. Quick reads are kept together on a few of them. When all are busy, other work
 * goes where only quick work is under way, too: that is done sooner than a connection becomes free. What needs one alone waits for its turn.
 */
export class Pool {
  readonly #options: PoolOptions
  /** With the batches that each had done when it was looked at last. Those opened first are used first, so that the others become idle. */
  readonly #open = new Map<Connection, number>()
  /** In use by one alone. */
  readonly #lent = new Set<Connection>()
  /** Just opened: what was sent first is under way, and whoever comes first sends behind it instead of having another opened. */
  readonly #fresh = new WeakSet<Connection>()
  readonly #waiting = new Map<Applicant, Timer>()
  #opening = 0
  #failure: unknown
  #isEnding = false
  #sweeping: Timer | undefined

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /** Connections: open, free, and how many requests wait for one. */
  get figures(): {
    readonly open: number
    readonly free: number
    readonly waiting: number
    readonly most: number
  } {
    const free = [...this.#open.keys()].filter(connection => this.#isFree(connection)).length
    return { open: this.#open.size, free, waiting: this.#waiting.size, most: this.#options.size }
  }

  get isEmpty(): boolean {
    return this.#open.size === 0
  }

  /** Calls `take` with a connection, at once if there is one, or `refuse`. Whoever came first goes first. */
  ask(applicant: Applicant): void {
    if (this.#isEnding) return applicant.refuse(new Error('Connection terminated'))
    const connection = this.#waiting.size === 0 ? this.#find(applicant) : undefined
    if (connection) return this.#lend(connection, applicant)
    const { clock, patienceMs } = this.#options
    this.#waiting.set(
      applicant,
      clock.after(patienceMs, () => this.#refuse(applicant)),
    )
    this.#serve()
  }

  giveBack(connection: Connection): void {
    this.#lent.delete(connection)
    this.#serve()
  }

  async close(): Promise<void> {
    this.#isEnding = true
    this.#sweeping?.cancel()
    this.#refuseAll(new Error('Connection terminated'))
    const open = [...this.#open.keys()]
    this.#open.clear()
    await Promise.all(open.map(connection => connection.close()))
  }

  #isFree(connection: Connection): boolean {
    const isIdle = connection.depth === 0 || this.#fresh.has(connection)
    return isIdle && connection.isSound && !this.#lent.has(connection)
  }

  #find({ alone, quick }: Applicant): Connection | undefined {
    let best: Connection | undefined
    let seen = 0
    for (const connection of this.#open.keys()) {
      if (this.#isFree(connection) && !(quick && best)) return connection
      if (quick && seen++ >= together && best) return best
      if (alone || !connection.isQuick || !connection.isSound || this.#lent.has(connection)) continue
      if (connection.depth < (best?.depth ?? deepest)) best = connection
    }
    return quick || this.#open.size >= this.#options.size ? best : undefined
  }

  #lend(connection: Connection, applicant: Applicant): void {
    this.#fresh.delete(connection)
    if (applicant.alone) this.#lent.add(connection)
    applicant.take(connection)
  }

  /** Gives what is there to those who wait, and opens more for the rest. */
  #serve(): void {
    for (const [applicant, timer] of this.#waiting) {
      const connection = this.#find(applicant)
      if (!connection) break
      this.#waiting.delete(applicant)
      timer.cancel()
      this.#lend(connection, applicant)
    }
    const room = this.#options.size - this.#open.size - this.#opening
    for (let left = Math.min(room, this.#waiting.size - this.#opening); left > 0; left--) void this.#grow()
  }

  #refuse(applicant: Applicant): void {
    this.#waiting.delete(applicant)
    const isFull = this.#open.size >= this.#options.size
    applicant.refuse(isFull ? restErrors.poolTimeout() : restErrors.notUp(this.#failure))
  }

  #refuseAll(error: unknown): void {
    for (const [applicant, timer] of this.#waiting) {
      this.#waiting.delete(applicant)
      timer.cancel()
      applicant.refuse(error)
    }
  }

  /** Closes what nobody used since it was looked at last; again and again while something is open. */
  #sweep(): void {
    const { clock, idleMs } = this.#options
    this.#sweeping ??= clock.after(idleMs, () => {
      this.#sweeping = undefined
      for (const [connection, done] of this.#open) {
        if (this.#isFree(connection) && connection.done === done) {
          this.#open.delete(connection)
          void connection.close()
        } else this.#open.set(connection, connection.done)
      }
      if (this.#open.size > 0) this.#sweep()
    })
  }

  /** Opens one more, trying again as long as somebody waits for a database that is not up. */
  async #grow(): Promise<void> {
    const { url, patienceMs, clock, log, onOpen, onNotification, onDone } = this.#options
    this.#opening++
    for (let waitMs = firstWaitMs; ; waitMs = Math.min(longestWaitMs, waitMs * 1.1)) {
      try {
        const connection = await Connection.open({
          url,
          patienceMs,
          clock,
          onNotification,
          onDone,
          onEased: () => this.#serve(),
          onLost: (lost, error) => {
            log.debug({ reason: messageOf(error) }, 'connection lost')
            this.#open.delete(lost)
            this.#serve()
          },
        })
        this.#opening--
        if (this.#isEnding) return void connection.close()
        this.#open.set(connection, -1)
        this.#failure = undefined
        onOpen(connection)
        this.#fresh.add(connection)
        this.#sweep()
        return this.#serve()
      } catch (error) {
        this.#failure = error
        if (!isNotUp(error)) {
          this.#opening--
          return this.#refuseAll(restErrors.notUp(error))
        }
        await sleep(clock, waitMs)
        if (this.#waiting.size === 0) {
          this.#opening--
          return
        }
      }
    }
  }
}
