import type { ServerResponse } from 'node:http'

/** An answer that the gateway gives itself, in Kong's words. */
export interface Refusal {
  readonly status: number
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

export function refuse(response: ServerResponse, { status, message, headers }: Refusal): void {
  const body = JSON.stringify({ message })
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** The same on a connection that asked for an upgrade. */
export function refuseUpgrade(socket: { end(text: string): unknown }, refusal: Refusal): void {
  const body = JSON.stringify({ message: refusal.message })
  const headers = Object.entries(refusal.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(
    `HTTP/1.1 ${refusal.status} ${refusal.status === 401 ? 'Unauthorized' : 'Error'}\r\n${headers.join('')}content-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
