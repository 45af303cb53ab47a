import { connect } from 'node:net'

const cancelCode = (1234 << 16) | 5678
const patienceMs = 5000

/** What pg knows of a connection that it opened. */
export interface Session {
  readonly host: string
  readonly port: number
  readonly processID: number
  readonly secretKey: number
}

/**
 * Tells PostgreSQL to stop what a connection does (CancelRequest, on a connection of its own, which needs no login and no place in the pool).
 * Resolves when PostgreSQL has passed it on; false when that is not known.
 */
export function cancel({ host, port, processID, secretKey }: Session): Promise<boolean> {
  const message = Buffer.alloc(16)
  for (const [index, number] of [message.length, cancelCode, processID, secretKey].entries())
    message.writeInt32BE(number, index * 4)
  return new Promise(resolve => {
    const socket = connect(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port })
    let isKnown = true
    socket.once('error', () => (isKnown = false))
    socket.setTimeout(patienceMs, () => {
      isKnown = false
      socket.destroy()
    })
    socket.once('close', () => resolve(isKnown))
    socket.end(message)
    socket.resume()
  })
}
