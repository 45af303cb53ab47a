import type { Socket } from 'node:net'
import { BadMessage, LargeHead } from '../bad-message.ts'
import type { RequestHead } from '../head.ts'
import { Connection, type ConnectionOwner, type Turn } from './connection.ts'
import { Exchange } from './exchange.ts'
import { type IdleWatch, LateHead } from './idle-watch.ts'
import { headerLines } from './response.ts'
import type { Refused, Unreadable, WireService } from './service.ts'
import { UpgradeTurn } from './upgrade-turn.ts'

/** The server of a connection, as the connection sees it. */
export interface ConnectionHost {
  readonly service: WireService
  readonly closing: boolean
  readonly silenceMs: number
  onUpgrade(connection: ServerConnection): void
  onClose(connection: ServerConnection): void
}

/** A client's connection to a server. */
export class ServerConnection implements ConnectionOwner {
  readonly connection: Connection
  readonly #host: ConnectionHost
  readonly #remoteAddress: string

  constructor(socket: Socket, watch: IdleWatch, host: ConnectionHost) {
    this.#host = host
    this.#remoteAddress = socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''
    this.connection = new Connection(socket, watch, this)
    // Runs only while it is the client's turn to send or to take.
    socket.on('timeout', () => socket.destroy())
  }

  open(head: RequestHead): Turn {
    const host = this.#host
    if (head.upgrade === undefined || head.framing.kind !== 'none' || !host.service.upgrade)
      return new Exchange(this.connection, head, this.#remoteAddress, host)
    return new UpgradeTurn(this.connection, head, this.#remoteAddress, (request, socket, ahead) => {
      host.onUpgrade(this)
      host.service.upgrade?.(request, socket, ahead)
    })
  }

  refuse(error: unknown): void {
    const why = whyUnreadable(error)
    if (why === undefined) {
      this.connection.socket.destroy()
      throw error
    }
    const { status, reason, headers = {}, body = '' } = this.#host.service.refusal?.(why) ?? plainly[why]
    this.connection.socket.write(
      `HTTP/1.1 ${status} ${reason}\r\n${headerLines(headers)}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    )
  }

  onClose(): void {
    this.#host.onClose(this)
  }
}

const plainly: Readonly<Record<Unreadable, Refused>> = {
  malformed: { status: 400, reason: 'Bad Request' },
  'head-too-large': { status: 431, reason: 'Request Header Fields Too Large' },
  'head-too-late': { status: 408, reason: 'Request Timeout' },
}

/** Undefined: that is no fault of the client's. */
function whyUnreadable(error: unknown): Unreadable | undefined {
  if (error instanceof LateHead) return 'head-too-late'
  if (error instanceof LargeHead) return 'head-too-large'
  return error instanceof BadMessage ? 'malformed' : undefined
}
