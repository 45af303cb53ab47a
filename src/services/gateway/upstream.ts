import { Agent, type ClientRequest, request } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import type { Upstream } from './config.ts'

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
  open(upstream: Upstream, request: OutgoingRequest): ClientRequest
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
    open({ secure: encrypted, host, port, readTimeoutMs }, { alone, ...wanted }) {
      const to = { host, port, ...wanted, ...(alone ? {} : { timeout: readTimeoutMs }) }
      if (!encrypted) return request({ ...to, agent: alone ? false : plain })
      secure ??= closesIdle(new SecureAgent(options))
      return secureRequest({ ...to, servername: host, agent: alone ? false : secure })
    },
    close() {
      plain.destroy()
      secure?.destroy()
    },
  }
}
