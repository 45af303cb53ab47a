import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RestError } from '../errors.ts'

export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: string | Buffer | undefined
}

export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { body, status } = answer
  const headers: Record<string, string | number | string[]> = crossOrigin(request)
  for (const [name, text] of Object.entries(answer.headers))
    headers[name] = typeof text === 'string' ? text : [...text]
  if (body !== undefined && status !== 204 && status !== 304 && request.method !== 'HEAD')
    headers['content-length'] = Buffer.byteLength(body)
  response.writeHead(status, headers)
  response.end(request.method === 'HEAD' || status === 204 || status === 304 ? undefined : body)
}

export function errorAnswer({ status, headers, body }: RestError): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  }
}

function crossOrigin({ headers }: IncomingMessage): Record<string, string> {
  if (headers.origin === undefined) return {}
  return {
    'access-control-allow-origin': '*',
    'access-control-expose-headers':
      'Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit',
  }
}
