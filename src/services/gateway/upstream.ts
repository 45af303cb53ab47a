import { Agent, type ClientRequest, request } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import type { ServiceConfig } from './config/entities.ts'
import type { Target } from './targets.ts'

/** An idle connection to a service is closed after this, so that a resting silo has none. */
const idleMs = 4_000

export interface OutgoingRequest {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string | string[]>
  /** A connection of its own, which is not given back: for upgrades. */
  readonly alone?: boolean
}

/** Kept connections to the services of one gateway. */
export interface Upstreams {
  /** Throws when the request cannot be put on the wire (a header that no header can be). */
  open(service: ServiceConfig, target: Target, request: OutgoingRequest): ClientRequest
  close(): void
}

export function createUpstreams(): Upstreams {
  const options = { keepAlive: true, maxFreeSockets: 32, timeout: 0 }
  const plain = new Agent(options)
  let secure: SecureAgent | undefined
  const closesIdle = <T extends Agent>(agent: T): T =>
    agent.on('free', (socket: { setTimeout(ms: number): void }) => socket.setTimeout(idleMs))
  closesIdle(plain)
  return {
    open({ address, read_timeout: readTimeoutMs, connect_timeout: connectTimeoutMs }, target, wanted) {
      const { alone, ...asked } = wanted
      const { host, port } = target
      const to = { host, port, ...asked, ...(alone ? {} : { timeout: readTimeoutMs }) }
      if (!address.secure) return inTime(request({ ...to, agent: alone ? false : plain }), connectTimeoutMs)
      secure ??= closesIdle(new SecureAgent(options))
      const outgoing = secureRequest({ ...to, servername: address.host, agent: alone ? false : secure })
      return inTime(outgoing, connectTimeoutMs)
    },
    close() {
      plain.destroy()
      secure?.destroy()
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
