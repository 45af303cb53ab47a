import { Serial } from '#kernel'

/** A queue whose tasks may answer before they are done: whoever asks hears of the acceptance, the rest goes on behind it. */
export class AcceptingQueue {
  readonly #queue = new Serial()
  readonly #onLateFailure: (error: unknown) => void

  /** `onLateFailure` is told what a task threw after it had been accepted. */
  constructor(onLateFailure: (error: unknown) => void) {
    this.#onLateFailure = onLateFailure
  }

  run<T>(task: () => Promise<T> | T): Promise<T> {
    return this.#queue.run(task)
  }

  /** Resolves when everything queued so far is done. */
  idle(): Promise<void> {
    return this.#queue.idle()
  }

  /** Queues `task` and resolves with what it hands to `accept`, or when it ends; what it throws before that rejects. */
  accepted<T>(task: (accept: (value: T) => void) => Promise<void>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let accepted = false
      const accept = (value: T) => {
        accepted = true
        resolve(value)
      }
      this.#queue
        .run(() => task(accept))
        .then(
          () => resolve(undefined as T),
          error => {
            if (accepted) this.#onLateFailure(error)
            else reject(error)
          },
        )
    })
  }
}
