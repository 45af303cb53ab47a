/** Connections that two threads share: one reads answers, the other (pacer.mjs) sends. */
export interface Lanes {
  /** How often one was put into the ring. */
  readonly counts: Int32Array
  /** Those that are free, in the order in which they became so. */
  readonly ring: Int32Array
  /** When what was sent last on each was due, in milliseconds of `now`. */
  readonly due: Float64Array
  /** When it was sent. */
  readonly sent: Float64Array
}

/** What the sending thread is told. */
export interface PacerData {
  readonly lanes: Lanes
  /** File descriptors of the connections. */
  readonly sockets: readonly number[]
  readonly perSecond: number
  readonly seconds: number
  /** Sent in turn. */
  readonly requests: readonly string[]
}

export function createLanes(many: number): Lanes {
  const lanes: Lanes = {
    counts: new Int32Array(new SharedArrayBuffer(4)),
    ring: new Int32Array(new SharedArrayBuffer(4 * many)),
    due: new Float64Array(new SharedArrayBuffer(8 * many)),
    sent: new Float64Array(new SharedArrayBuffer(8 * many)),
  }
  for (let lane = 0; lane < many; lane++) put(lanes, lane)
  return lanes
}

/** This one is free again. */
export function put({ counts, ring }: Lanes, lane: number): void {
  const place = Atomics.load(counts, 0)
  Atomics.store(ring, place % ring.length, lane)
  Atomics.store(counts, 0, place + 1)
  Atomics.notify(counts, 0)
}

/** Milliseconds, by a clock that all threads share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
