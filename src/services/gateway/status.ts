import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Metrics } from './metrics.ts'

/** What the status listener (KONG_STATUS_LISTEN) and the read-only admin listener say: `/status` and `/metrics`. */
export function createStatus(metrics: Metrics, routes: number) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? '').split('?')[0]
    const answer = (status: number, type: string, body: string) =>
      response
        .writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
        .end(body)
    const json = (status: number, body: object) =>
      answer(status, 'application/json; charset=utf-8', JSON.stringify(body))
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return void json(405, { message: 'Method not allowed: the configuration comes from its file' })
    if (path === '/metrics') return void answer(200, 'text/plain; charset=UTF-8', metrics.text())
    if (path === '/status' || path === '/status/ready')
      return void json(200, { message: 'ready', database: { reachable: true }, routes })
    json(404, { message: 'Not found' })
  }
}

/** Ports of the listeners that a variable such as KONG_STATUS_LISTEN names. */
export function portsOf(value: string | undefined): number[] {
  if (value === undefined || value === 'off') return []
  return value.split(',').flatMap(one => {
    const port = /(?:^|:)(\d+)(?:\s|$)/.exec(one.trim())?.[1]
    return port === undefined ? [] : [Number(port)]
  })
}
