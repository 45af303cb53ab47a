/** Joins callers that ask for the same key while the first is under way; all get its result or its error. */
export class SingleFlight<K, V> {
  #flights = new Map<K, Promise<V>>()

  run(key: K, work: () => Promise<V>): Promise<V> {
    const flying = this.#flights.get(key)
    if (flying) return flying
    const flight = Promise.resolve()
      .then(work)
      .finally(() => this.#flights.delete(key))
    this.#flights.set(key, flight)
    return flight
  }

  /** Resolves when the flight of that key, if there is one, has ended, well or not. Starts nothing. */
  async join(key: K): Promise<void> {
    await this.#flights.get(key)?.catch(() => {})
  }

  get size(): number {
    return this.#flights.size
  }
}
