import { type ServerResponse, STATUS_CODES } from 'node:http'

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

export function refuse(response: ServerResponse, refusal: Refusal): void {
  const body = bodyOf(refusal)
  response.writeHead(refusal.status, {
    ...refusal.headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** The same on a connection that asked for an upgrade. */
export function refuseUpgrade(socket: { end(text: string): unknown }, refusal: Refusal): void {
  const body = bodyOf(refusal)
  const headers = Object.entries(refusal.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? 'Refused'}\r\n${headers.join('')}content-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}

function bodyOf({ message, body }: Refusal): string {
  return JSON.stringify(body ?? { message })
}
