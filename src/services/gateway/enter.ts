import type { WireRequest } from '#wire'
import type { ClientAddress } from './client-address.ts'
import type { Passed } from './forward.ts'
import { normalizePath } from './path.ts'
import type { Passage } from './plugins/plugin.ts'
import { noRoute, type Refusal, upgradeRequired } from './refusal.ts'
import { type Match, matchRoute, type Route, upstreamPath } from './router.ts'

export type Entered =
  | { readonly kind: 'health' }
  | ({ readonly kind: 'pass' } & Passed)
  | (Ended & { readonly kind: 'answered'; readonly status: number })
  | (Ended & { readonly kind: 'refused'; readonly refusal: Refusal })

/** Ended on its way, by the gateway itself. */
interface Ended {
  readonly headers: Record<string, string>
  /** Undefined when no route was found. */
  readonly route: Route | undefined
  readonly passage: Passage | undefined
}

/** Finds the route and lets the request pass its plugins. */
export function enter(routes: readonly Route[], request: WireRequest, client: ClientAddress): Entered {
  const { url, method } = request
  const mark = url.indexOf('?')
  const path = normalizePath(mark < 0 ? url : url.slice(0, mark))
  const match = matchRoute(routes, method, request.headers, path)
  if (!match) {
    if (path === '/health' && (method === 'GET' || method === 'HEAD')) return { kind: 'health' }
    return { kind: 'refused', refusal: noRoute, headers: {}, route: undefined, passage: undefined }
  }
  const { route } = match
  const insecure = insecureRefusal(match, request, client, url)
  if (insecure) return { kind: 'refused', refusal: insecure, headers: {}, route, passage: undefined }
  const passage: Passage = {
    method,
    headers: request.headers,
    query: mark < 0 ? '' : url.slice(mark + 1),
    captures: match.captures,
    consumer: undefined,
    upstream: new Map(),
    answer: new Map(),
    clientIp: client.of(request),
    bodyLimitBytes: undefined,
    after: [],
  }
  for (const observe of route.observers) observe(passage)
  for (const plugin of route.plugins) {
    const verdict = plugin(passage)
    if (verdict === undefined) continue
    const headers = Object.fromEntries(passage.answer)
    if ('answered' in verdict) return { kind: 'answered', status: verdict.answered, headers, route, passage }
    return { kind: 'refused', refusal: verdict, headers, route, passage }
  }
  return {
    kind: 'pass',
    route,
    taken: match.taken,
    passage,
    isTrusted: client.trusts(request),
    path: upstreamPath(match, path),
  }
}

/** A route for https alone, asked for without: told to come again, or sent there. */
function insecureRefusal(
  { route }: Match,
  request: WireRequest,
  client: ClientAddress,
  url: string,
): Refusal | undefined {
  const { protocols, https_redirect_status_code: status } = route.config
  if (protocols === undefined || protocols.includes('http')) return undefined
  if (client.trusts(request) && request.headers['x-forwarded-proto'] === 'https') return undefined
  if (status === 426) return upgradeRequired
  const host = (request.headers.host ?? '').replace(/:\d+$/, '')
  return { status, message: 'Moved', headers: { location: `https://${host}${url}` } }
}
