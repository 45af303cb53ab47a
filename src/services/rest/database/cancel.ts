import { connect } from 'node:net'
import type { PoolClient } from 'pg'
import { run } from './batch.ts'
import { isLost } from './failures.ts'

const cancelCode = (1234 << 16) | 5678
const patienceMs = 5000

/** What pg knows of a connection that it opened. */
interface Opened {
  readonly host: string
  readonly port: number
  readonly processID: number
  readonly secretKey: number
}

/**
 * Tells PostgreSQL to stop what a connection does (CancelRequest, on a connection of its own, which needs no login and no place in the pool).
 * Resolves when PostgreSQL has passed it on; false when that is not known.
 */
export function cancel(client: PoolClient): Promise<boolean> {
  const { host, port, processID, secretKey } = client as unknown as Opened
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

/** Whether a connection may serve others after its work was cancelled: the word has arrived, and what it may still hit has come and gone. */
export async function isUsableAfter(cancelled: Promise<boolean>, client: PoolClient): Promise<boolean> {
  if (!(await cancelled)) return false
  try {
    await run(client, [{ text: 'select 1', values: [] }])
    return true
  } catch (error) {
    return !isLost(error)
  }
}
