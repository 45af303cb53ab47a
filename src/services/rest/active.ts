import type { ServerResponse } from 'node:http'
import type { Clock } from '#kernel'
import { Presence } from './presence.ts'

/** Counts requests under way, so that a service can end after the last. */
export class Active {
  readonly #clock: Clock
  #count = 0
  #idle: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The caller of this request, until the answer is sent or they go away. */
  enter(response: ServerResponse): Presence {
    this.#count++
    const presence = new Presence()
    response.once('close', () => {
      this.#count--
      if (this.#count === 0) this.#idle?.()
      if (!response.writableFinished) presence.leave()
    })
    return presence
  }

  async left(graceMs: number): Promise<void> {
    if (this.#count === 0) return
    await new Promise<void>(resolve => {
      const timer = this.#clock.after(graceMs, resolve)
      this.#idle = () => {
        timer.cancel()
        resolve()
      }
    })
  }
}
