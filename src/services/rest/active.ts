import type { Clock } from '#kernel'
import type { WireResponse } from '#wire'
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
  enter(response: WireResponse): Presence {
    this.#count++
    const presence = new Presence()
    response.whenOver(whole => {
      this.#count--
      if (this.#count === 0) this.#idle?.()
      if (!whole) presence.leave()
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
