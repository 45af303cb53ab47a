import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuthInfo, McpServerFactory } from '@modelcontextprotocol/server'
import type { Clock, Log } from '#kernel'
import { asksForSession, createMcpSessions } from './sessions.ts'

/** Bytes of one message. */
export const mcpBodyLimit = 1024 * 1024
/** Open `subscriptions/listen` streams of all agents together. */
const mostSubscriptions = 256

export interface McpEndpoint {
  /** Answers one request whose caller is known. `context` is handed to the factory; a session is bound to it, whole. */
  answer(request: IncomingMessage, response: ServerResponse, body: string, context: unknown): Promise<void>
}

/**
 * Streamable HTTP in both revisions on one path: the official SDK behind a bridge to Node's sockets. Nothing is kept between requests, but for
 * clients of 2025-11-25 that say that they can be asked something: they get a session. The library is loaded with the first request.
 */
export async function createMcpEndpoint(
  serverFor: (context: unknown) => ReturnType<McpServerFactory>,
  { log, clock }: { readonly log: Log; readonly clock: Clock },
): Promise<McpEndpoint> {
  const library = await import('@modelcontextprotocol/server')
  const { createMcpHandler, isLegacyRequest } = library
  const makeServer = (authInfo: AuthInfo | undefined) => serverFor(authInfo?.extra?.['context'])
  const sessions = createMcpSessions(library, makeServer, clock)
  const handler = createMcpHandler(({ authInfo }) => makeServer(authInfo), {
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
      const given = await answerOf(toWebRequest(request, body, left.signal), body, authInfo)
      await send(given, response, left.signal)
    },
  }

  async function answerOf(request: Request, body: string, authInfo: AuthInfo): Promise<Response> {
    const message = request.method === 'POST' ? parsed(request, body) : undefined
    if (Array.isArray(message)) return refusal(400, -32_600, 'Batches are part of neither revision')
    const id = request.headers.get('mcp-session-id')
    const begins = asksForSession(message)
    if ((id !== null || begins) && (await isLegacyRequest(request.clone(), message))) {
      const given = { request, message, authInfo, owner: JSON.stringify(authInfo.extra?.['context'] ?? null) }
      if (begins) return sessions.open(given)
      return (
        sessions.answer(id ?? '', given) ??
        refusal(404, -32_001, 'There is no such session; initialize again')
      )
    }
    return handler.fetch(request, { authInfo, ...(message === undefined ? {} : { parsedBody: message }) })
  }
}

/** The message, when it is JSON and says so; what is wrong with others is told by the library. */
function parsed(request: Request, body: string): unknown {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') return undefined
  try {
    return JSON.parse(body) as unknown
  } catch {
    return undefined
  }
}

function refusal(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status })
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
  // A stream on which nothing is said yet is open all the same.
  to.flushHeaders()
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
