/** A request body up to this is remembered, so that the request can be sent again (fly-replay, a connection that had gone stale). */
const rememberBytes = 1024 * 1024
/** While a request is held, its body is buffered up to this and then no longer read. */
const heldBytes = 64 * 1024

/** The part of a request's body that is not on its way yet, or is kept for sending again. */
export class KeptBody {
  parts: Buffer[] = []
  /** Something has passed that is not kept: the request cannot be sent again. */
  forgotten = false
  #bytes = 0

  /** Keeps a part that has been sent, as long as all of it is small. */
  sent(part: Buffer): void {
    if (part.length === 0 || this.forgotten) return
    this.#bytes += part.length
    if (this.#bytes > rememberBytes) {
      this.forgotten = true
      this.parts = []
    } else this.parts.push(part)
  }

  /** Keeps a part that waits, whatever its size. True: that is enough, the client should not be read any further. */
  waits(part: Buffer): boolean {
    if (part.length > 0) {
      this.#bytes += part.length
      this.parts.push(part)
    }
    return this.#bytes > heldBytes
  }

  clear(): void {
    this.parts = []
  }
}
