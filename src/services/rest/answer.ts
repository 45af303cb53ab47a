import type { IncomingMessage, ServerResponse } from 'node:http'
import { type RestError, restErrors } from './errors.ts'

export type Format = 'json' | 'object' | 'csv' | 'text' | 'binary' | 'openapi'

/** How the caller wants the answer; the first type that is known wins. */
export function formatOf(request: IncomingMessage): Format {
  const accept = request.headers.accept ?? '*/*'
  for (const part of accept.split(',')) {
    const type = part.split(';')[0]?.trim().toLowerCase()
    switch (type) {
      case '*/*':
      case 'application/*':
      case 'application/json':
      case 'application/vnd.pgrst.array+json':
      case 'application/vnd.pgrst.array':
        return 'json'
      case 'application/vnd.pgrst.object+json':
      case 'application/vnd.pgrst.object':
        return 'object'
      case 'text/csv':
        return 'csv'
      case 'text/plain':
        return 'text'
      case 'application/octet-stream':
        return 'binary'
      case 'application/openapi+json':
        return 'openapi'
    }
  }
  throw restErrors.mediaType(accept)
}

export const contentTypes: Readonly<Record<Format, string>> = {
  json: 'application/json; charset=utf-8',
  object: 'application/vnd.pgrst.object+json; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  text: 'text/plain; charset=utf-8',
  binary: 'application/octet-stream',
  openapi: 'application/openapi+json; charset=utf-8',
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: string | undefined
}

export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { body } = answer
  const headers: Record<string, string | number | string[]> = {}
  for (const [name, value] of Object.entries(answer.headers))
    headers[name] = typeof value === 'string' ? value : [...value]
  if (body !== undefined) headers['content-length'] = Buffer.byteLength(body)
  response.writeHead(answer.status, headers)
  response.end(request.method === 'HEAD' ? undefined : body)
}

export function sendError(request: IncomingMessage, response: ServerResponse, error: RestError): void {
  send(request, response, {
    status: error.status,
    headers: { ...error.headers, 'content-type': contentTypes.json },
    body: JSON.stringify(error.body),
  })
}
