import type { IncomingMessage } from 'node:http'

/**
 * What a client sends, piece by piece, read only once there is a connection for it: until then the request can still go elsewhere.
 * Pieces are not read ahead of whoever takes them.
 */
export class RequestBody implements AsyncIterable<Buffer> {
  readonly #incoming: IncomingMessage
  readonly #limitBytes: number
  readonly #tooLarge: () => void
  #part: Buffer | undefined
  #seen = 0
  #over = false
  #stopped = false
  #wake: (() => void) | undefined

  /** `tooLarge` is called when more comes than `limitBytes`; then the body breaks off. */
  constructor(incoming: IncomingMessage, limitBytes: number | undefined, tooLarge: () => void) {
    this.#incoming = incoming
    this.#limitBytes = limitBytes ?? Number.POSITIVE_INFINITY
    this.#tooLarge = tooLarge
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    const incoming = this.#incoming
    incoming.on('data', this.#onData).once('end', this.#onEnd).once('close', this.#onEnd)
    for (;;) {
      if (this.#part === undefined && !this.#over) {
        incoming.resume()
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
      }
      const part = this.#part
      this.#part = undefined
      if (this.#seen > this.#limitBytes) {
        this.#tooLarge()
        throw new Error('the body is larger than allowed')
      }
      if (part === undefined) break
      yield part
    }
    if (!incoming.complete && !this.#stopped) throw new Error('the client broke off its body')
  }

  /** Nobody wants the rest: it is read and dropped, so that the client's connection stays usable. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#over = true
    this.#part = undefined
    this.#incoming.off('data', this.#onData)
    this.#incoming.resume()
    this.#wake?.()
  }

  readonly #onData = (part: Buffer): void => {
    this.#seen += part.length
    this.#part = this.#part ? Buffer.concat([this.#part, part]) : part
    this.#incoming.pause()
    this.#wake?.()
  }

  readonly #onEnd = (): void => {
    this.#over = true
    this.#wake?.()
  }
}
