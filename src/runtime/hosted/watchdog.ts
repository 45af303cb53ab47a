import { Worker } from 'node:worker_threads'

/** How long the event loop may stand still. */
const stallAfterMs = 2_000
const beatEveryMs = 500
/** File descriptor of the pipe on which stalls are reported; given by the parent. */
export const reportDescriptor = 4

declare global {
  var hangarRunning: (() => string | undefined) | undefined
}

/**
 * Watches this process's event loop from a thread. When the loop stands still, the thread pauses it through the inspector, asks whose
 * code is running, and reports that to the parent on a pipe, because the blocked thread cannot.
 */
export function startWatchdog(current: () => string | undefined): void {
  globalThis.hangarRunning = current
  const beat = new Int32Array(new SharedArrayBuffer(4))
  setInterval(() => Atomics.add(beat, 0, 1), beatEveryMs).unref()
  const worker = new Worker(watcher, {
    eval: true,
    workerData: { beat, stallAfterMs, beatEveryMs, reportDescriptor },
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  })
  worker.unref()
  // Without it the daemon's own look at the process is what is left.
  worker.on('error', error => process.stderr.write(`watchdog: ${error.message}\n`))
}

/** Plain JavaScript: it runs in a thread of its own, with no loader. */
const watcher = `
const { workerData } = require('node:worker_threads')
const { Session } = require('node:inspector')
const { writeSync } = require('node:fs')
const { beat, stallAfterMs, beatEveryMs, reportDescriptor } = workerData
let last = Atomics.load(beat, 0)
let since = performance.now()
let reported = false
setInterval(() => {
  const now = Atomics.load(beat, 0)
  if (now !== last) { last = now; since = performance.now(); reported = false; return }
  const stalledMs = Math.round(performance.now() - since)
  if (stalledMs < stallAfterMs || reported) return
  // A machine that slept shows as one long gap in this thread too.
  reported = true
  ask(id => writeSync(reportDescriptor, JSON.stringify({ stalledMs, id }) + '\\n'))
}, beatEveryMs)

function ask(answer) {
  let answered = false
  const once = id => { if (!answered) { answered = true; answer(id) } }
  setTimeout(() => once(null), 1000)
  try {
    const session = new Session()
    session.connectToMainThread()
    session.on('Debugger.paused', ({ params }) => {
      session.post('Debugger.evaluateOnCallFrame', {
        callFrameId: params.callFrames[0].callFrameId,
        expression: 'globalThis.hangarRunning()',
        returnByValue: true,
      }, (error, found) => {
        once(error ? null : found.result.value ?? null)
        session.post('Debugger.resume')
      })
    })
    session.post('Debugger.enable', () => session.post('Debugger.pause'))
  } catch {
    once(null)
  }
}
`
