import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** A thread that nobody hands bytes to for so long is ended: a resting service pays nothing for it. */
const restMs = 5_000

/** MD5 of bytes in shared memory, computed beside the main thread. */
export interface Digest {
  /** Takes the first `length` bytes in. They must stay as they are until it resolves. */
  update(bytes: Uint8Array<SharedArrayBuffer>, length: number): Promise<void>
  /** Hexadecimal. Ends it. */
  digest(): Promise<string>
  /** Forgets it; any call after is allowed and does nothing. */
  drop(): void
}

/** For bytes whose digest nobody asks for. */
export const noDigest: Digest = { update: async () => {}, digest: async () => '', drop() {} }

interface Waiting {
  resolve(hex: string): void
  reject(error: Error): void
}

interface Thread {
  readonly worker: Worker
  /** Answers to come, in the order of the questions. */
  readonly waiting: Waiting[]
  open: number
  rest: NodeJS.Timeout | undefined
}

/** One thread for all services of the process: a second core is what it is for, and memory is what each further would cost. */
let thread: Thread | undefined
let lastId = 0

export function openDigest(): Digest {
  const mine = take()
  const id = ++lastId
  let ended = false
  const ask = (message: object) =>
    new Promise<string>((resolve, reject) => {
      if (thread !== mine) return reject(new Error('The digest thread is gone'))
      mine.waiting.push({ resolve, reject })
      mine.worker.postMessage({ id, ...message })
    })
  const end = () => {
    if (ended) return
    ended = true
    release(mine)
  }
  return {
    async update(bytes, length) {
      await ask({ bytes, length })
    },
    digest: () => ask({ end: true }).finally(end),
    drop() {
      if (!ended && thread === mine) mine.worker.postMessage({ id, drop: true })
      end()
    },
  }
}

function take(): Thread {
  thread ??= start()
  clearTimeout(thread.rest)
  thread.open++
  return thread
}

function release(mine: Thread): void {
  mine.open--
  if (mine.open > 0 || thread !== mine) return
  mine.rest = setTimeout(() => {
    thread = undefined
    void mine.worker.terminate()
  }, restMs).unref()
}

function start(): Thread {
  const worker = new Worker(program, {
    eval: true,
    // No loader of the process is of use here.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 },
  })
  worker.unref()
  const started: Thread = { worker, waiting: [], open: 0, rest: undefined }
  worker.on('message', (hex: string) => started.waiting.shift()?.resolve(hex))
  const lost = (error: Error) => {
    if (thread === started) thread = undefined
    for (const { reject } of started.waiting.splice(0)) reject(error)
  }
  worker.on('error', lost)
  void once(worker, 'exit').then(() => lost(new Error('The digest thread ended')), lost)
  return started
}

/** Plain JavaScript: it runs in a thread of its own, with no loader. */
const program = `
const { parentPort } = require('node:worker_threads')
const { createHash } = require('node:crypto')
const hashes = new Map()
parentPort.on('message', ({ id, bytes, length, end, drop }) => {
  if (drop) return void hashes.delete(id)
  let hash = hashes.get(id)
  if (!hash) hashes.set(id, (hash = createHash('md5')))
  if (end) hashes.delete(id)
  else hash.update(bytes.subarray(0, length))
  parentPort.postMessage(end ? hash.digest('hex') : '')
})
`
