import type { Socket } from 'node:net'
import type { WireRequest } from './request.ts'
import type { AnswerHeaders, WireResponse } from './response.ts'

/** Why a request was not even read. */
export type Unreadable = 'malformed' | 'head-too-large' | 'head-too-late'

export interface Refused {
  readonly status: number
  readonly reason: string
  readonly headers?: AnswerHeaders
  readonly body?: string
}

/** What a server does with what comes in. */
export interface WireService {
  /** Answers one request. Never throws. */
  serve(request: WireRequest, response: WireResponse): void
  /** Takes over the connection of a client that asks for another protocol. `ahead` is what it has sent behind its request. Absent: that is passed over. */
  upgrade?(request: WireRequest, socket: Socket, ahead: Buffer): void
  /** How it words the refusal of what cannot be read. Default: the status alone. */
  refusal?(why: Unreadable): Refused
}
