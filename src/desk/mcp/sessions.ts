import { randomUUID } from 'node:crypto'
import type {
  AuthInfo,
  McpServerFactory,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import type { Clock } from '#kernel'

/** Sessions of all agents together, and of one. */
const mostSessions = 512
const mostOfOwner = 8
/** Without a request and without an open stream, a session ends after that. */
const idleMs = 30 * 60_000
/** The library keeps a little of every request that was given up for as long as its session; a client that gives up more begins again. */
const mostGivenUp = 500

type Server = Awaited<ReturnType<McpServerFactory>>

export interface SessionRequest {
  readonly request: Request
  readonly message: unknown
  readonly authInfo: AuthInfo
  /** Whose session it is, with everything that the server was made for: somebody else, or the same with other rights, does not find it. */
  readonly owner: string
}

export interface McpSessions {
  /** Answers an `initialize`, and keeps the server that it was made with. */
  open(given: SessionRequest): Promise<Response>
  /** Answers a message of that session; undefined when there is none for its owner: the client begins anew. */
  answer(id: string, given: SessionRequest): Promise<Response> | undefined
  readonly size: number
}

interface Session {
  readonly owner: string
  readonly server: Server
  readonly transport: WebStandardStreamableHTTPServerTransport
  lastUsedMs: number
  /** Answers that are on their way. */
  open: number
  givenUp: number
}

/**
 * Sessions of the revision 2025-11-25, for clients that a server may ask something (sampling, elicitation, roots): its question goes out on the
 * stream of the call, the answer comes in a request of its own, and the session is what joins them. In memory: after a restart a client gets 404
 * and initialises again, as the protocol says.
 */
export function createMcpSessions(
  library: typeof import('@modelcontextprotocol/server'),
  makeServer: (authInfo: AuthInfo) => ReturnType<McpServerFactory>,
  clock: Clock,
): McpSessions {
  /** The least recently used first. */
  const sessions = new Map<string, Session>()

  async function end(id: string): Promise<void> {
    const session = sessions.get(id)
    if (!session) return
    sessions.delete(id)
    await session.transport.close()
    await session.server.close()
  }

  /** Those that ran out, and the oldest of an owner (or of all) that has too many. */
  function makeRoom(owner: string): void {
    const before = clock.monotonic() - idleMs
    for (const [id, session] of sessions) if (session.open === 0 && session.lastUsedMs < before) void end(id)
    const own = [...sessions].filter(([, session]) => session.owner === owner)
    const [oldestOwn] = own
    if (own.length >= mostOfOwner && oldestOwn) void end(oldestOwn[0])
    const [oldest] = sessions.keys()
    if (sessions.size >= mostSessions && oldest !== undefined) void end(oldest)
  }

  async function serve(id: string | undefined, session: Session, given: SessionRequest): Promise<Response> {
    const { request, message, authInfo } = given
    session.lastUsedMs = clock.monotonic()
    if (
      id !== undefined &&
      methodOf(message) === 'notifications/cancelled' &&
      ++session.givenUp > mostGivenUp
    )
      void end(id)
    const response = await session.transport.handleRequest(request, {
      authInfo,
      ...(request.method === 'POST' ? { parsedBody: message } : {}),
    })
    if (!response.body || !isStream(response)) return response
    session.open++
    return watched(response, whole => {
      session.open--
      session.lastUsedMs = clock.monotonic()
      // Nobody is there any more to take the answer: the call is given up, as over every other face.
      if (!whole) giveUp(session, message)
    })
  }

  function giveUp(session: Session, message: unknown): void {
    const { id } = (message ?? {}) as { id?: string | number }
    if (id === undefined || methodOf(message) === undefined) return
    session.givenUp++
    session.transport.onmessage?.({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: id, reason: 'the client left' },
    })
  }

  return {
    get size() {
      return sessions.size
    },

    async open(given) {
      makeRoom(given.owner)
      const server = await makeServer(given.authInfo)
      const session: Session = {
        owner: given.owner,
        server,
        transport: new library.WebStandardStreamableHTTPServerTransport({
          sessionIdGenerator: randomUUID,
          onsessioninitialized: id => void sessions.set(id, session),
          onsessionclosed: id => void sessions.delete(id),
        }),
        lastUsedMs: 0,
        open: 0,
        givenUp: 0,
      }
      await server.connect(session.transport)
      return serve(undefined, session, given)
    },

    answer(id, given) {
      const session = sessions.get(id)
      if (!session || session.owner !== given.owner) return undefined
      if (session.open === 0 && session.lastUsedMs < clock.monotonic() - idleMs) {
        void end(id)
        return undefined
      }
      sessions.delete(id)
      sessions.set(id, session)
      return serve(id, session, given)
    },
  }
}

/** Whether that message begins a conversation with a client that may be asked something. */
export function asksForSession(message: unknown): boolean {
  if (methodOf(message) !== 'initialize') return false
  const { params } = message as { params?: { capabilities?: unknown } }
  const capabilities = params?.capabilities
  if (typeof capabilities !== 'object' || capabilities === null) return false
  return ['elicitation', 'sampling', 'roots'].some(name => Object.hasOwn(capabilities, name))
}

function methodOf(message: unknown): string | undefined {
  const { method } = (typeof message === 'object' && message !== null ? message : {}) as { method?: unknown }
  return typeof method === 'string' ? method : undefined
}

function isStream(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
}

/** The same response; `ended` is told once whether all of it was read. */
function watched(response: Response, ended: (whole: boolean) => void): Response {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  let told = false
  const tell = (whole: boolean) => {
    if (!told) ended(whole)
    told = true
  }
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        tell(true)
        controller.close()
      } catch (error) {
        tell(false)
        controller.error(error)
      }
    },
    async cancel(reason) {
      tell(false)
      await reader.cancel(reason)
    },
  })
  return new Response(body, { status: response.status, headers: response.headers })
}
