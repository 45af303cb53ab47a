import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

/** Loops that do nothing but read the clock; plain JavaScript, because loaders do not reach threads. Tells milliseconds that it did not run, in pieces of one and more. */
const loop = `
const { parentPort, workerData } = require('node:worker_threads')
const end = performance.now() + workerData
let before = performance.now()
let lost = 0
while (before < end) {
  const now = performance.now()
  if (now - before >= 1) lost += now - before
  before = now
}
parentPort.postMessage(lost)
`

/**
 * How much of the time, in percent, a loop on each processor stood still for a millisecond and more although it had nothing to wait for: what the
 * system below, and whoever else is at work here, take from everybody. Requests that come meanwhile are late, whoever serves them.
 */
export async function stalledPercent(ms: number): Promise<number> {
  const lost = await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      const [found] = await once(new Worker(loop, { eval: true, workerData: ms }), 'message')
      return Number(found)
    }),
  )
  return (100 * lost.reduce((sum, one) => sum + one, 0)) / (ms * lost.length)
}
