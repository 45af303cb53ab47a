import { writeSync } from 'node:fs'

/** How long the host's event loop may stand still. */
const stallAfterMs = 2_000
const beatEveryMs = 500
/** File descriptor of the pipe on which the host's event loop shows that it turns; given by the parent. */
export const beatDescriptor = 4

declare global {
  var hangarRunning: (() => string | undefined) | undefined
}

/** In the host: shows that the event loop turns, and lets a debugger ask whose code is running. */
export function startBeating(current: () => string | undefined): void {
  globalThis.hangarRunning = current
  const beat = () => {
    try {
      writeSync(beatDescriptor, '.')
    } catch {
      // The daemon reads nothing at this moment, or is gone; then this process ends by itself.
    }
  }
  beat()
  setInterval(beat, beatEveryMs).unref()
}

/** In the daemon: notices when the beats of a host, once they have begun, stay away. From outside it costs the host no thread of its own. */
export class BeatWatch {
  readonly #onStall: (stalledMs: number) => void
  #timer: NodeJS.Timeout | undefined
  #beatAt = 0
  #lookedAt = 0

  /** `onStall` is called once. */
  constructor(onStall: (stalledMs: number) => void) {
    this.#onStall = onStall
  }

  beat(): void {
    this.#beatAt = performance.now()
    if (this.#timer) return
    this.#lookedAt = this.#beatAt
    this.#timer = setInterval(() => this.#look(), beatEveryMs).unref()
  }

  end(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = performance.now()
    // It was this process that stood still, or the whole machine slept: nothing can be said about the host.
    if (now - this.#lookedAt > 2 * beatEveryMs) this.#beatAt = now
    this.#lookedAt = now
    const stalledMs = Math.round(now - this.#beatAt)
    if (stalledMs < stallAfterMs) return
    this.end()
    this.#onStall(stalledMs)
  }
}
