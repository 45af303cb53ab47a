/** What takes no longer is quick. */
const quickMs = 2
const atMost = 500
/** How much of a difference is believed at once: waiting for anything else makes work look slow, nothing makes it look quick. */
const believedDown = 0.3
const believedUp = 0.05

/** How long work of each kind takes at the server, about. */
export class Pace {
  readonly #spentMs = new Map<string, number>()

  tell(kind: string | undefined, spentMs: number): void {
    if (kind === undefined) return
    const before = this.#spentMs.get(kind)
    if (before === undefined && this.#spentMs.size >= atMost) this.#forgetOldest()
    const believed = before === undefined || spentMs < before ? believedDown : believedUp
    this.#spentMs.set(kind, before === undefined ? spentMs : before + (spentMs - before) * believed)
  }

  /** False for what was never seen. */
  isQuick(kind: string): boolean {
    return (this.#spentMs.get(kind) ?? Number.POSITIVE_INFINITY) <= quickMs
  }

  #forgetOldest(): void {
    for (const kind of this.#spentMs.keys()) {
      this.#spentMs.delete(kind)
      return
    }
  }
}
