import type { Socket } from 'node:net'
import { messageOf } from '#kernel'
import { BadMessage, Connection, type ConnectionOwner, LateHead, type RequestHead } from '#wire'
import type { EdgeContext, Entrance } from '../context.ts'
import { httpRefusal, refusals } from '../refusals.ts'
import { Exchange } from './exchange.ts'
import { requestId } from './request-id.ts'
import { connectionLines } from './rewrite.ts'

/** One client's connection, each of whose requests is handed to an exchange. */
export class ClientConnection implements ConnectionOwner {
  readonly socket: Socket
  readonly context: EdgeContext
  readonly entrance: Entrance
  readonly clientIp: string
  /** What machines are told about this connection. */
  readonly lines: string
  readonly #connection: Connection

  constructor(socket: Socket, context: EdgeContext, entrance: Entrance) {
    this.socket = socket
    this.context = context
    this.entrance = entrance
    this.clientIp = socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''
    this.lines = connectionLines({
      clientIp: this.clientIp,
      port: entrance.port,
      tls: entrance.tls,
      region: context.region,
    })
    context.counters.open++
    this.#connection = new Connection(socket, context.idle, this)
  }

  /** The exchange is over; `keepAlive` tells whether another may follow. `rest` is what came behind it. */
  finished(keepAlive: boolean, rest: Buffer | undefined): void {
    this.#connection.finished(keepAlive, rest)
  }

  close(): void {
    this.#connection.close()
  }

  /** The exchange has read what cannot be read: 400, and the connection ends. */
  fail(error: unknown): void {
    this.#connection.refuse(error)
  }

  // What the connection says

  open(head: RequestHead): Exchange {
    return new Exchange(this, head)
  }

  refuse(error: unknown): void {
    const { counters, log } = this.context
    counters.refused++
    const why = whyRefused(error)
    if (why === undefined) log.error({ reason: messageOf(error) }, 'edge: request failed')
    this.socket.write(
      httpRefusal(refusals.badRequest(why ?? 'it could not be processed'), {
        keepAlive: false,
        requestId: requestId(),
      }),
    )
  }

  onClose(): void {
    this.context.counters.open--
  }
}

function whyRefused(error: unknown): string | undefined {
  if (error instanceof LateHead) return 'its head did not come to its end'
  return error instanceof BadMessage ? error.message : undefined
}
