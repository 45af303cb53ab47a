import { type Clock, systemClock } from './clock.ts'

/** How long one wait is watched. */
const windowMs = 0.1
/** How many waits pass unwatched, at most, after one that was watched in vain. */
const longestPause = 64
/** With more exchanges under way than these there is always something to do, and watching would only take the processor from it … */
const fewExchanges = 2
/** … as it would a moment later. */
const busyMs = 100

/**
 * Looks for what is about to come instead of sleeping until it does: on many machines waking a thread takes longer than answering a request.
 * It looks for a tenth of a millisecond, only while few exchanges are under way, and the more rarely the less there is to be had: after a wait
 * that was watched in vain, others pass unwatched, one at first, twice as many after each that follows, up to 64. Where nothing is awaited it does nothing.
 */
export class Attention {
  readonly #clock: Clock
  #underway = 0
  /** Until when the present wait is watched; 0 when nothing is. */
  #until = 0
  #busyUntil = 0
  #turning = false
  #pause = 0
  #passed = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The event loop does not sleep at the moment. */
  get watching(): boolean {
    return this.#until > 0
  }

  /** A request has gone out, and its answer is awaited. */
  asked(): void {
    if (++this.#underway > fewExchanges) this.#busyUntil = this.#clock.monotonic() + busyMs
    this.expect()
  }

  /** All of an answer is there, or none will be. */
  answered(): void {
    this.#underway--
  }

  /** Something is to come, most likely at once. */
  expect(): void {
    if (this.#underway > fewExchanges) return
    if (this.#passed < this.#pause) {
      this.#passed++
      return
    }
    const now = this.#clock.monotonic()
    if (now < this.#busyUntil) return
    this.#passed = 0
    this.#until = now + windowMs
    if (this.#turning) return
    this.#turning = true
    setImmediate(this.#turn)
  }

  /** Something has come. */
  came(): void {
    if (this.#until === 0) return
    this.#until = 0
    this.#pause = 0
  }

  /** One turn of the event loop that does not sleep. */
  readonly #turn = (): void => {
    if (this.#until > 0 && this.#clock.monotonic() < this.#until) {
      setImmediate(this.#turn)
      return
    }
    this.#turning = false
    if (this.#until === 0) return
    this.#until = 0
    this.#pause = Math.min(longestPause, this.#pause * 2 + 1)
  }
}

/** That of this thread: it has one event loop, and that sleeps or does not. */
export const attention = new Attention(systemClock)
