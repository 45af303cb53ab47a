import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { headerLines, type WireService } from '#wire'

/** An answer that the gateway gives itself, in Kong's words. */
export interface Refusal {
  readonly status: number
  readonly message: string
  /** Instead of `{message}`. */
  readonly body?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

export const noRoute: Refusal = { status: 404, message: 'no Route matched with those values' }
export const unavailable: Refusal = { status: 503, message: 'The upstream server is currently unavailable' }
export const invalid: Refusal = {
  status: 502,
  message: 'An invalid response was received from the upstream server',
}
export const upgradeRequired: Refusal = {
  status: 426,
  message: 'Please use HTTPS protocol',
  headers: { connection: 'Upgrade', upgrade: 'TLS/1.2, HTTP/1.1' },
}
export const tooLarge: Refusal = { status: 413, message: 'Request size limit exceeded' }
export const timedOut: Refusal = { status: 504, message: 'The upstream server is timing out' }

/** What of a refusal is sent. */
export function refusalParts(refusal: Refusal) {
  const headers = { ...refusal.headers, 'content-type': 'application/json; charset=utf-8' }
  return {
    status: refusal.status,
    headers,
    body: JSON.stringify(refusal.body ?? { message: refusal.message }),
  }
}

/** The same on a connection that asked for an upgrade. It ends with that, whether the client closes its side or not. */
export function refuseUpgrade(socket: Socket, refusal: Refusal): void {
  const { status, headers, body } = refusalParts(refusal)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\n${headerLines(headers)}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
  socket.setTimeout(lingerMs, () => socket.destroy())
  socket.resume()
}

const lingerMs = 2_000

/** Of what could not even be read. 494 is what Kong says, as nginx does inside. */
export const refuseUnreadable: WireService['refusal'] = why => {
  const refusal = unreadable[why]
  return { ...refusalParts(refusal), reason: STATUS_CODES[refusal.status] ?? '' }
}

const unreadable = {
  malformed: { status: 400, message: 'Bad request' },
  'head-too-large': { status: 494, message: 'Request header or cookie too large' },
  'head-too-late': { status: 408, message: 'Request timeout' },
} as const
