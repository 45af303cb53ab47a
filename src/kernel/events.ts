/**
 * Snapshot first, then live events, without a gap. Publishing never waits for a subscriber:
 * one that falls `limit` events behind is dropped and its iteration ends with `lagged` true.
 */
export class EventHub<T> {
  #subscribers = new Set<Subscription<T>>()
  readonly #limit: number

  constructor(options: { limit?: number } = {}) {
    this.#limit = options.limit ?? 10_000
  }

  publish(event: T): void {
    for (const subscriber of this.#subscribers) {
      if (subscriber.push(event) > this.#limit) {
        subscriber.lagged = true
        subscriber.close()
      }
    }
  }

  /** `snapshot` is taken in the same turn as the subscription starts. */
  subscribe(snapshot: () => Iterable<T> = () => []): Subscription<T> {
    const subscription = new Subscription<T>(snapshot(), () => this.#subscribers.delete(subscription))
    this.#subscribers.add(subscription)
    return subscription
  }

  /** Calls `listener` on each event until the returned function is called. A throwing listener does not reach the publisher. */
  listen(listener: (event: T) => void): () => void {
    const subscription = new Subscription<T>([], () => this.#subscribers.delete(subscription))
    subscription.direct = listener
    this.#subscribers.add(subscription)
    return () => subscription.close()
  }

  get size(): number {
    return this.#subscribers.size
  }
}

export class Subscription<T> implements AsyncIterableIterator<T> {
  lagged = false
  direct: ((event: T) => void) | undefined
  #queue: T[]
  #wake: (() => void) | undefined
  #closed = false
  readonly #onClose: () => void

  constructor(initial: Iterable<T>, onClose: () => void) {
    this.#queue = [...initial]
    this.#onClose = onClose
  }

  /** Returns how many events wait. */
  push(event: T): number {
    if (this.#closed) return 0
    if (this.direct) {
      try {
        this.direct(event)
      } catch {
        // A listener's failure is its own.
      }
      return 0
    }
    this.#queue.push(event)
    this.#wake?.()
    return this.#queue.length
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#onClose()
    this.#wake?.()
  }

  async next(): Promise<IteratorResult<T>> {
    while (this.#queue.length === 0) {
      if (this.#closed) return { done: true, value: undefined }
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
    return { done: false, value: this.#queue.shift() as T }
  }

  async return(): Promise<IteratorResult<T>> {
    this.close()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
