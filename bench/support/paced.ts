import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { Measured } from './half-load.ts'
import { createLanes, now, type PacerData, put } from './lanes.ts'

export interface PacedOptions {
  readonly port: number
  readonly connections: number
  readonly perSecond: number
  readonly seconds: number
  /** Path of one request. */
  path(): string
}

/** Seconds that are not counted: everything warms up. */
const warmUpSeconds = 1
/** Requests that are made beforehand and sent in turn. */
const variety = 1000

/**
 * Sends requests at fixed times, evenly, whatever became of those before, and gives the milliseconds from when each was due to its answer. One
 * thread sends (pacer.mjs), this one reads answers, just as far as is needed to find their ends: a client that does more, or that sends by a timer of
 * milliseconds (in bursts), would measure itself.
 */
export async function paced({
  port,
  connections,
  perSecond,
  seconds,
  path,
}: PacedOptions): Promise<Required<Measured>> {
  // With threads of V8 that want a processor too, the client's own collections take up to 12 ms here, alone one.
  setFlagsFromString('--no-parallel-scavenge')
  const lanes = createLanes(connections)
  const took: number[] = []
  const late: number[] = []
  let counted = Number.POSITIVE_INFINITY
  let answered = 0
  let failure: Error | undefined
  const sockets = await Promise.all(
    Array.from({ length: connections }, async (_, lane) => {
      let missing = -1
      const socket = createConnection({
        port,
        host: '127.0.0.1',
        noDelay: true,
        onread: {
          buffer: Buffer.alloc(64 * 1024),
          callback(size, buffer) {
            missing = missing < 0 ? lengthOf(buffer as Buffer, size) - size : missing - size
            if (Number.isNaN(missing)) failure = new Error((buffer as Buffer).toString('latin1', 0, size))
            if (missing > 0) return true
            missing = -1
            answered++
            const due = lanes.due[lane] ?? 0
            if (due > counted) {
              took.push(now() - due)
              late.push((lanes.sent[lane] ?? 0) - due)
            }
            put(lanes, lane)
            return true
          },
        },
      })
      await once(socket, 'connect')
      return socket
    }),
  )
  counted = now() + warmUpSeconds * 1000
  const count = Math.floor(perSecond * (seconds + warmUpSeconds))
  const data: PacerData = {
    lanes,
    sockets: sockets.map(descriptorOf),
    perSecond,
    seconds: seconds + warmUpSeconds,
    requests: Array.from({ length: variety }, () => `GET ${path()} HTTP/1.1\r\nhost: bench\r\n\r\n`),
  }
  const pacer = new Worker(new URL('./pacer.mjs', import.meta.url), { workerData: data })
  await once(pacer, 'message')
  while (answered < count && !failure) await new Promise(resolve => setTimeout(resolve, 1))
  await pacer.terminate()
  for (const socket of sockets) socket.destroy()
  if (failure) throw failure
  const sorted = (values: number[]) => values.sort((a, b) => a - b)
  return { took: sorted(took), late: sorted(late), sent: count }
}

/** Bytes of an answer whose head came in one piece; NaN when it is none, or no success. */
function lengthOf(bytes: Buffer, size: number): number {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0 || end > size) return Number.NaN
  const head = bytes.toString('latin1', 0, end)
  const length = /content-length: (\d+)/i.exec(head)?.[1]
  return head.startsWith('HTTP/1.1 200') ? end + 4 + Number(length) : Number.NaN
}

function descriptorOf(socket: Socket): number {
  return (socket as unknown as { readonly _handle: { readonly fd: number } })._handle.fd
}
