import { availableParallelism } from 'node:os'

/** Not all four threads of libuv's pool: files and names must be read while passwords are hashed. */
const parallel = Math.max(1, Math.min(availableParallelism(), 3))
/** Waiting of one service at a time; at 50 ms a hash the last waits some seconds. */
const maxWaiting = 200

/** Those who wait, by service; served in turn, so that a flood of sign-ins at one silo does not hold up another. */
const queues = new Map<object, (() => void)[]>()
let running = 0

/**
 * Runs work that keeps a processor busy for tens of milliseconds, a few at a time in this process, whose threads all its services share.
 * `owner` is the service. Undefined when too many wait already.
 */
export async function throughHashGate<T>(owner: object, work: () => Promise<T>): Promise<T | undefined> {
  if (running >= parallel) {
    const queue = queues.get(owner) ?? []
    if (queue.length >= maxWaiting) return undefined
    await new Promise<void>(resolve => {
      queue.push(resolve)
      queues.set(owner, queue)
    })
  } else {
    running++
  }
  try {
    return await work()
  } finally {
    passOn()
  }
}

/** The place goes to the service whose turn it is. */
function passOn(): void {
  const first = queues.entries().next()
  if (first.done) {
    running--
    return
  }
  const [owner, queue] = first.value
  const next = queue.shift()
  // To the end of the round, or out of it.
  queues.delete(owner)
  if (queue.length > 0) queues.set(owner, queue)
  next?.()
}
