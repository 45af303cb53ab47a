import { connect } from 'node:net'
import type { PoolClient } from 'pg'

const cancelCode = (1234 << 16) | 5678
const patienceMs = 5000

/** What pg knows of a connection that it opened. */
interface Opened {
  readonly host: string
  readonly port: number
  readonly processID: number
  readonly secretKey: number
}

/** Tells PostgreSQL to stop what a connection does (CancelRequest, on a connection of its own, which needs no login and no place in the pool). */
export function cancel(client: PoolClient, onError: (error: unknown) => void): void {
  const { host, port, processID, secretKey } = client as unknown as Opened
  const message = Buffer.alloc(16)
  for (const [index, number] of [message.length, cancelCode, processID, secretKey].entries())
    message.writeInt32BE(number, index * 4)
  const socket = connect(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port })
  socket.once('error', onError)
  socket.setTimeout(patienceMs, () => socket.destroy())
  socket.unref()
  socket.end(message)
  socket.resume()
}
