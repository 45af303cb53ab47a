/** Requests or connections under way per machine, and whoever waits for one to end. */
export class LoadTable {
  readonly #counts = new Map<string, number>()
  readonly #emptySince = new Map<string, number>()
  readonly #onRelease = new Set<() => void>()

  of(machineId: string): number {
    return this.#counts.get(machineId) ?? 0
  }

  add(machineId: string): void {
    this.#counts.set(machineId, this.of(machineId) + 1)
    if (this.#emptySince.size > 0) this.#emptySince.delete(machineId)
  }

  remove(machineId: string, nowMs: number): void {
    const count = this.of(machineId) - 1
    if (count > 0) this.#counts.set(machineId, count)
    else {
      this.#counts.delete(machineId)
      this.#emptySince.set(machineId, nowMs)
    }
    for (const listener of this.#onRelease) listener()
  }

  /** Since when the machine has had no load, on the monotonic clock; undefined while it has some or never had any. */
  emptySince(machineId: string): number | undefined {
    return this.#emptySince.get(machineId)
  }

  forget(machineId: string): void {
    this.#emptySince.delete(machineId)
  }

  onRelease(listener: () => void): () => void {
    this.#onRelease.add(listener)
    return () => this.#onRelease.delete(listener)
  }
}
