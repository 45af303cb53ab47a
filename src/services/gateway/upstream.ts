import { type ClientRequest, request } from 'node:http'
import { request as secureRequest } from 'node:https'
import type { Readable } from 'node:stream'
import { type Dispatcher, Pool } from 'undici'
import type { ServiceConfig } from './config/entities.ts'
import type { Target } from './targets.ts'

/** An idle connection to a service is closed after this, so that a resting silo has none. */
const idleMs = 4_000

export interface OutgoingRequest {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string | string[]>
}

/** Kept connections to the services of one gateway. */
export interface Upstreams {
  /** Throws when the request cannot be put on the wire (a header that no header can be). */
  send(
    service: ServiceConfig,
    target: Target,
    request: OutgoingRequest & { readonly body: AsyncIterable<Buffer> | null },
    handler: Dispatcher.DispatchHandler,
  ): void
  /** On a connection of its own, which is not given back: for upgrades. */
  open(service: ServiceConfig, target: Target, request: OutgoingRequest): ClientRequest
  close(): void
}

export function createUpstreams(): Upstreams {
  const pools = new Map<string, Pool>()

  function poolFor({ address, connect_timeout: connectTimeoutMs }: ServiceConfig, target: Target): Pool {
    const host = target.host.includes(':') ? `[${target.host}]` : target.host
    const origin = `${address.secure ? 'https' : 'http'}://${host}:${target.port}`
    const key = `${origin} ${connectTimeoutMs}`
    const known = pools.get(key)
    if (known) return known
    const made = new Pool(origin, {
      connections: null,
      pipelining: 1,
      keepAliveTimeout: idleMs,
      // What the service would allow may be longer.
      keepAliveMaxTimeout: idleMs,
      connect: { timeout: connectTimeoutMs, ...(address.secure ? { servername: address.host } : {}) },
    })
    pools.set(key, made)
    return made
  }

  return {
    send(service, target, wanted, handler) {
      poolFor(service, target).dispatch(
        {
          ...wanted,
          method: wanted.method as Dispatcher.HttpMethod,
          // What can be iterated is taken too, though the types do not say so.
          body: wanted.body as Readable | null,
          headersTimeout: service.read_timeout,
          bodyTimeout: service.read_timeout,
        },
        handler,
      )
    },
    open({ address, connect_timeout: connectTimeoutMs }, { host, port }, wanted) {
      const to = { host, port, ...wanted, agent: false }
      return inTime(
        address.secure ? secureRequest({ ...to, servername: address.host }) : request(to),
        connectTimeoutMs,
      )
    },
    close() {
      for (const pool of pools.values()) void pool.destroy()
      pools.clear()
    },
  }
}

/** Ends with ETIMEDOUT when there is no connection within that time. */
function inTime(outgoing: ClientRequest, connectTimeoutMs: number): ClientRequest {
  outgoing.once('socket', socket => {
    if (!socket.connecting) return
    const timer = setTimeout(
      () => outgoing.destroy(Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' })),
      connectTimeoutMs,
    )
    socket.once('connect', () => clearTimeout(timer)).once('close', () => clearTimeout(timer))
  })
  return outgoing
}
