import type { Socket } from 'node:net'
import { postgresError } from '../refusals.ts'

const dataRow = 'D'.charCodeAt(0)
const copyData = 'd'.charCodeAt(0)
const commandComplete = 'C'.charCodeAt(0)
const readyForQuery = 'Z'.charCodeAt(0)

/**
 * Passes a PostgreSQL server's messages on and counts the rows of each answer. The row that is one too many is not passed on: the client is
 * told why, and the session ends, so that nothing of it is left to be fetched. PostgreSQL itself has no such limit.
 */
export function limitRows(from: Socket, to: Socket, limit: number): (chunk: Buffer) => Buffer {
  let rows = 0
  /** Bytes of the present message that are still to come. */
  let rest = 0
  /** The beginning of a message whose length is not known yet: at most five bytes. */
  let head = Buffer.alloc(0)
  let over = false

  return chunk => {
    if (over) return Buffer.alloc(0)
    const buffer = head.length > 0 ? Buffer.concat([head, chunk]) : chunk
    head = Buffer.alloc(0)
    let at = Math.min(rest, buffer.length)
    rest -= at
    while (at < buffer.length) {
      if (buffer.length - at < 5) {
        head = Buffer.from(buffer.subarray(at))
        return buffer.subarray(0, at)
      }
      const type = buffer[at]
      if (type === dataRow || type === copyData) rows++
      else if (type === commandComplete || type === readyForQuery) rows = 0
      if (rows > limit) {
        over = true
        queueMicrotask(() => {
          from.destroy()
          to.end()
        })
        return Buffer.concat([
          buffer.subarray(0, at),
          postgresError('54000', `the answer has more than ${limit} rows`, 'Ask for less, e.g. with LIMIT.'),
        ])
      }
      const length = 1 + buffer.readUInt32BE(at + 1)
      const inside = Math.min(length, buffer.length - at)
      rest = length - inside
      at += inside
    }
    return buffer
  }
}
