import type { Socket } from 'node:net'
import type { RequestHead } from '../head.ts'
import type { Connection, Turn } from './connection.ts'
import { type BodySource, WireRequest } from './request.ts'

const noBody: BodySource = { invite() {}, pause() {}, resume() {} }
const nothing = Buffer.alloc(0)

/** A request for another protocol: the connection is handed over with it. */
export class UpgradeTurn implements Turn {
  readonly #connection: Connection
  readonly #request: WireRequest
  readonly #take: (request: WireRequest, socket: Socket, ahead: Buffer) => void

  constructor(
    connection: Connection,
    head: RequestHead,
    remoteAddress: string,
    take: (request: WireRequest, socket: Socket, ahead: Buffer) => void,
  ) {
    this.#connection = connection
    this.#request = new WireRequest(head, remoteAddress, noBody)
    this.#take = take
  }

  begin(rest: Buffer | undefined): void {
    this.#take(this.#request, this.#connection.release(), rest ?? nothing)
  }

  // From then on nothing of the connection comes here.
  onClientData(chunk: Buffer): Buffer {
    return chunk
  }
  onClientEnd(): void {}
  onClientDrain(): void {}
  onClientClose(): void {}
}
