/** Runs tasks one after the other, in the order they came. A failing task does not stop the next. */
export class Serial {
  #tail: Promise<unknown> = Promise.resolve()
  #length = 0

  run<T>(task: () => Promise<T> | T): Promise<T> {
    this.#length++
    const result = this.#tail.then(task, task)
    this.#tail = result.then(
      () => this.#length--,
      () => this.#length--,
    )
    return result
  }

  /** Tasks that run or wait. */
  get length(): number {
    return this.#length
  }

  /** Resolves when everything queued so far is done. */
  async idle(): Promise<void> {
    await this.#tail
  }
}
