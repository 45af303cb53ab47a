import type { Duplex } from 'node:stream'
import type { Clock, Timer } from '#kernel'
import type { WireResponse } from '#wire'

/** What an instance has under way, so that it can end: requests are waited for, joined connections have no end of their own. */
export class Underway {
  readonly #clock: Clock
  readonly #responses = new Set<WireResponse>()
  readonly #sockets = new Set<Duplex>()
  #empty: (() => void) | undefined
  #closing = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get closing(): boolean {
    return this.#closing
  }

  request(response: WireResponse): void {
    this.#responses.add(response)
    response.whenOver(() => {
      this.#responses.delete(response)
      if (this.#responses.size === 0) this.#empty?.()
    })
  }

  connection(socket: Duplex): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  /** Cuts joined connections, gives requests `graceMs` and cuts what is left of them. */
  async end(graceMs: number): Promise<void> {
    this.#closing = true
    for (const socket of this.#sockets) socket.destroy()
    if (this.#responses.size > 0 && graceMs > 0)
      await new Promise<void>(resolve => {
        const timer: Timer = this.#clock.after(graceMs, resolve)
        this.#empty = () => {
          timer.cancel()
          resolve()
        }
      })
    for (const response of this.#responses) response.destroy()
  }
}
