import type { IncomingMessage } from 'node:http'
import type { Passed } from './forward.ts'
import { normalizePath } from './path.ts'
import type { Passage } from './plugins/plugin.ts'
import { noRoute, type Refusal } from './refusal.ts'
import { matchRoute, type Route, upstreamPath } from './router.ts'

export type Entered =
  | { readonly kind: 'health' }
  | ({ readonly kind: 'pass' } & Passed)
  | { readonly kind: 'answered'; readonly status: number; readonly headers: Record<string, string> }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly headers: Record<string, string> }

/** Finds the route and lets the request pass its plugins. */
export function enter(routes: readonly Route[], request: IncomingMessage): Entered {
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  const path = normalizePath(mark < 0 ? url : url.slice(0, mark))
  const method = request.method ?? 'GET'
  const route = matchRoute(routes, method, request.headers.host ?? '', path)
  if (!route) {
    if (path === '/health' && (method === 'GET' || method === 'HEAD')) return { kind: 'health' }
    return { kind: 'refused', refusal: noRoute, headers: {} }
  }
  const passage: Passage = {
    method,
    headers: request.headers,
    query: mark < 0 ? '' : url.slice(mark + 1),
    consumer: undefined,
    upstream: new Map(),
    answer: new Map(),
    clientIp: request.socket.remoteAddress ?? '',
  }
  for (const plugin of route.plugins) {
    const verdict = plugin(passage)
    if (verdict === undefined) continue
    const headers = Object.fromEntries(passage.answer)
    if ('answered' in verdict) return { kind: 'answered', status: verdict.answered, headers }
    return { kind: 'refused', refusal: verdict, headers }
  }
  return { kind: 'pass', route, passage, path: upstreamPath(route, path) }
}
