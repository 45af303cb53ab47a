import type { IncomingMessage, ServerResponse } from 'node:http'
import type { McpServerFactory } from '@modelcontextprotocol/server'
import type { Log } from '#kernel'

/** Bytes of one message. */
export const mcpBodyLimit = 1024 * 1024
/** Open `subscriptions/listen` streams of all agents together. */
const mostSubscriptions = 256

export interface McpEndpoint {
  /** Answers one request whose caller is known. `context` is handed to the factory. */
  answer(request: IncomingMessage, response: ServerResponse, body: string, context: unknown): Promise<void>
}

/**
 * Streamable HTTP in both revisions on one path: the official SDK behind a bridge to Node's sockets. Stateless: no session, nothing is kept
 * between requests. The library is loaded with the first request.
 */
export async function createMcpEndpoint(
  serverFor: (context: unknown) => ReturnType<McpServerFactory>,
  log: Log,
): Promise<McpEndpoint> {
  const { createMcpHandler } = await import('@modelcontextprotocol/server')
  const handler = createMcpHandler(({ authInfo }) => serverFor(authInfo?.extra?.['context']), {
    maxRequestBodySize: mcpBodyLimit,
    maxSubscriptions: mostSubscriptions,
    onerror: error => log.debug({ reason: error.message }, 'mcp: request refused'),
  })
  return {
    async answer(request, response, body, context) {
      const left = new AbortController()
      response.once('close', () => left.abort())
      // The token stays out: what is behind here knows the caller, not how it proved itself.
      const authInfo = { token: '', clientId: '', scopes: [], extra: { context } }
      const given = await handler.fetch(toWebRequest(request, body, left.signal), { authInfo })
      await send(given, response, left.signal)
    },
  }
}

function toWebRequest(request: IncomingMessage, body: string, signal: AbortSignal): Request {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(request.headersDistinct))
    if (name !== 'authorization') for (const value of values) headers.append(name, value)
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'DELETE'
  return new Request(`http://${request.headers.host ?? 'desk'}${request.url ?? '/'}`, {
    method: request.method ?? 'GET',
    headers,
    signal,
    ...(hasBody ? { body } : {}),
  })
}

/** Chunk by chunk, as fast as the client reads and no faster. */
async function send(from: Response, to: ServerResponse, signal: AbortSignal): Promise<void> {
  to.writeHead(from.status, Object.fromEntries(from.headers))
  if (!from.body) return void to.end()
  const reader = from.body.getReader()
  signal.addEventListener('abort', () => void reader.cancel().catch(() => {}), { once: true })
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      if (!to.write(value)) await drained(to)
    }
  } finally {
    to.end()
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    if (response.destroyed) return resolve()
    response.once('drain', resolve)
    response.once('close', resolve)
  })
}
