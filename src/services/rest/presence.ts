/** Whoever waits for an answer. They may go away before it is there. */
export class Presence {
  #hasLeft = false
  /** What is to be stopped when they go; whoever sets it takes it back. */
  onLeave: (() => void) | undefined

  get hasLeft(): boolean {
    return this.#hasLeft
  }

  leave(): void {
    this.#hasLeft = true
    this.onLeave?.()
  }
}
