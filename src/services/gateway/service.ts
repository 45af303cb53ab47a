import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, type IncomingMessage } from 'node:http'
import type { ServiceDefinition } from '#http'
import { codeOf, messageOf } from '#kernel'
import { type GatewayConfig, parseConfig } from './config.ts'
import { createConsumers } from './consumers.ts'
import { gatewayErrors } from './errors.ts'
import { forward, forwardUpgrade } from './forward.ts'
import type { Passage } from './plugins/plugin.ts'
import { type Refusal, refuse, refuseUpgrade } from './refusal.ts'
import { createRoutes, matchRoute, type Route, upstreamPath } from './router.ts'

const noRoute: Refusal = { status: 404, message: 'no Route matched with those values' }
/** An idle connection to a service is closed after this, so that a resting silo has none. */
const idleMs = 4_000

/** The gateway: what `kong` is in a self-hosted Supabase, configured by the same declarative file. */
export const gatewayService: ServiceDefinition = {
  name: 'gateway',
  port(env) {
    const listen = /(?:^|[\s,])(?:[^\s,]*:)?(\d+)/.exec(env['KONG_PROXY_LISTEN'] ?? '')?.[1]
    return Number(listen || env['PORT'] || 8000)
  },
  async create({ env, log, clock }) {
    const file = env['KONG_DECLARATIVE_CONFIG']
    if (!file)
      throw gatewayErrors.setting('KONG_DECLARATIVE_CONFIG', 'must name the declarative configuration')
    const config = remembered(read(file), file)
    const consumers = createConsumers(config)
    const routes = createRoutes(config, file, { consumers, now: () => clock.now() })
    const agent = new Agent({ keepAlive: true, maxFreeSockets: 32, timeout: 0 })
    agent.on('free', (socket: { setTimeout(ms: number): void }) => socket.setTimeout(idleMs))

    return {
      handle(request, response) {
        const found = enter(routes, request)
        if (found.kind === 'health') {
          response.writeHead(200, { 'content-type': 'application/json' }).end('{"message":"ok"}')
          return
        }
        if (found.kind === 'refused') {
          for (const [name, value] of found.answer) response.setHeader(name, value)
          if (found.status !== undefined) response.writeHead(found.status, { 'content-length': 0 }).end()
          else refuse(response, found.refusal)
          return
        }
        forward(request, response, found.passage, found.route, found.path, { agent, clock, log })
      },
      upgrade(request, socket, head) {
        const found = enter(routes, request)
        if (found.kind === 'pass')
          forwardUpgrade(request, socket, head, found.passage, found.route, found.path)
        else refuseUpgrade(socket, found.kind === 'refused' ? found.refusal : noRoute)
      },
      async close() {
        agent.destroy()
      },
    }
  },
}

/** The same silo wakes with the same configuration again and again: reading it costs ten milliseconds, remembering it a few kilobytes. */
const memory = new Map<string, GatewayConfig>()
const rememberAtMost = 500

function remembered(text: string, file: string): GatewayConfig {
  const digest = createHash('sha256').update(text).digest('base64')
  const known = memory.get(digest)
  if (known) return known
  const config = parseConfig(text, file)
  if (memory.size >= rememberAtMost) memory.delete(memory.keys().next().value as string)
  memory.set(digest, config)
  return config
}

type Entered =
  | { readonly kind: 'health' }
  | { readonly kind: 'pass'; readonly route: Route; readonly passage: Passage; readonly path: string }
  | {
      readonly kind: 'refused'
      readonly refusal: Refusal
      readonly status: number | undefined
      readonly answer: ReadonlyMap<string, string>
    }

/** Finds the route and lets the request pass its plugins. */
function enter(routes: readonly Route[], request: IncomingMessage): Entered {
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const method = request.method ?? 'GET'
  const route = matchRoute(routes, method, request.headers.host ?? '', path)
  if (!route) {
    if (path === '/health' && (method === 'GET' || method === 'HEAD')) return { kind: 'health' }
    return { kind: 'refused', refusal: noRoute, status: undefined, answer: new Map() }
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
    if ('answered' in verdict)
      return { kind: 'refused', refusal: noRoute, status: verdict.answered, answer: passage.answer }
    return { kind: 'refused', refusal: verdict, status: undefined, answer: passage.answer }
  }
  return { kind: 'pass', route, passage, path: upstreamPath(route, path) }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw gatewayErrors.config(
      file,
      '',
      codeOf(error) === 'ENOENT' ? 'the file is not there' : messageOf(error),
    )
  }
}
