import type { Clock, Timer } from '#kernel'

const roundsPerLimit = 4

/** What is watched: a connection between two requests, or within a head. */
export interface Watched {
  readonly busy: boolean
  readonly reading: boolean
  readonly socket: { destroy(): void; readonly writableLength: number }
  refuse(error: unknown): void
}

export interface IdleLimits {
  /** Milliseconds that a connection may stay open without a request. */
  readonly idleMs: number
  /** Milliseconds that a head may take from its first byte. */
  readonly headMs: number
}

/** A head that did not come to its end within the time. */
export class LateHead extends Error {
  override readonly name = 'LateHead'
}

/**
 * Closes connections that stay idle and refuses heads that never end. One timer for all of them: setting one for each request would
 * cost more than reading it. A limit is kept to a quarter of it.
 */
export class IdleWatch {
  readonly clock: Clock
  readonly #idleRounds: number
  readonly #headRounds: number
  readonly #everyMs: number
  /** How many rounds have found a connection as it is, and what it had left to send. */
  readonly #rounds = new Map<Watched, Rounds>()
  #timer: Timer | undefined

  constructor(clock: Clock, { idleMs, headMs }: IdleLimits) {
    this.clock = clock
    this.#everyMs = Math.min(idleMs, headMs) / roundsPerLimit
    this.#idleRounds = Math.ceil(idleMs / this.#everyMs)
    this.#headRounds = Math.ceil(headMs / this.#everyMs)
  }

  add(connection: Watched): void {
    this.#rounds.set(connection, { count: 0, left: 0 })
    this.#timer ??= this.clock.after(this.#everyMs, () => this.#round())
  }

  delete(connection: Watched): void {
    this.#rounds.delete(connection)
    if (this.#rounds.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** A request has come to its end, or a head has begun. */
  stir(connection: Watched): void {
    const rounds = this.#rounds.get(connection)
    if (rounds) rounds.count = 0
  }

  #round(): void {
    this.#timer = this.clock.after(this.#everyMs, () => this.#round())
    for (const [connection, rounds] of this.#rounds) {
      const left = connection.socket.writableLength
      // An answer that is still being taken is no idleness.
      if (connection.busy || left !== rounds.left) rounds.count = 0
      else if (connection.reading && rounds.count >= this.#headRounds) connection.refuse(new LateHead())
      else if (!connection.reading && rounds.count >= this.#idleRounds) connection.socket.destroy()
      else rounds.count++
      rounds.left = left
    }
  }
}

interface Rounds {
  count: number
  left: number
}
