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

  get size(): number {
    return this.#flights.size
  }
}
