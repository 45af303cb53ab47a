import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { codeOf, HangarError, messageOf } from '#kernel'
import { flyErrors } from './errors.ts'
import { createPacer, type Pacing } from './pace.ts'

export interface TransportOptions {
  /** Without /v1: https://api.machines.dev or http://127.0.0.1:4280. */
  readonly baseUrl: string
  readonly token: string
  /** For tests. Default: the clock of this machine. */
  readonly pacing?: Pacing
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below /v1. */
  readonly path: string
  /** What is limited together: a word for the action, and the app or machine. */
  readonly action: string
  readonly subject: string
  readonly body?: unknown
  /** Doing it twice is doing it once: it may be sent again after a failure. GET always may. */
  readonly repeatable?: boolean
  /** Default: 30 s. */
  readonly timeoutMs?: number
}

const attempts = 6
const longestWaitMs = 60_000
const longestAnswer = 64 * 1024 * 1024

const realTime: Pacing = { now: () => performance.now(), sleep: ms => wait(ms) }

/** One Machines API over HTTP: paced to Fly's limits, patient when told to wait (429, Retry-After), careful about what may be sent twice. */
export function createTransport(options: TransportOptions) {
  const base = parseBase(options.baseUrl)
  const secure = base.protocol === 'https:'
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, maxSockets: 8 })
    : new HttpAgent({ keepAlive: true, maxSockets: 8 })
  const pacing = options.pacing ?? realTime
  const pace = createPacer(pacing)

  return {
    baseUrl: base.origin,
    close: () => agent.destroy(),

    async call<T>(call: Call): Promise<T> {
      for (let attempt = 1; ; attempt++) {
        await pace(call.action, call.subject)
        const outcome = await once(call).catch((error: unknown) => error as Error)
        const waitMs = waitBefore(call, outcome, attempt)
        if (waitMs === undefined) {
          if (outcome instanceof HangarError) throw outcome
          if (outcome instanceof Error)
            throw flyErrors.unreachable(base.origin, codeOf(outcome) ?? messageOf(outcome))
          return read<T>(call, outcome)
        }
        await pacing.sleep(waitMs)
      }
    },
  }

  function once(call: Call): Promise<Answer> {
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body))
    return new Promise<Answer>((resolve, reject) => {
      const send = secure ? httpsRequest : httpRequest
      const request = send(
        new URL(`/v1${call.path}`, base),
        {
          method: call.method,
          agent,
          timeout: call.timeoutMs ?? 30_000,
          headers: {
            authorization: `Bearer ${options.token}`,
            accept: 'application/json',
            ...(body ? { 'content-type': 'application/json', 'content-length': body.length } : {}),
          },
        },
        response => collect(response).then(resolve, reject),
      )
      request.once('timeout', () => request.destroy(new Error('no answer in time')))
      request.once('error', reject)
      // Secrets go out in bodies: they do not stay in our buffers.
      request.once('close', () => body?.fill(0))
      request.end(body)
    })
  }

  function read<T>(call: Call, answer: Answer): T {
    const { status, text } = answer
    const path = `/v1${call.path}`
    if (status === 401 || status === 403) throw flyErrors.unauthorized(base.origin)
    const body = parseJson(text)
    if (status >= 400) throw flyErrors.refused(call.method, path, status, errorText(body, text))
    if (body === undefined && text !== '') throw flyErrors.answerInvalid(call.method, path)
    return body as T
  }
}

interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly text: string
}

/** Milliseconds to wait before the call is made again; undefined when this outcome counts. */
function waitBefore(call: Call, outcome: Answer | Error, attempt: number): number | undefined {
  if (attempt >= attempts) return undefined
  const again = Math.min(longestWaitMs, 500 * 2 ** (attempt - 1))
  if (outcome instanceof Error) {
    // Nobody listens: that does not change in a second. Cut connections may have done their work.
    if (codeOf(outcome) === 'ECONNREFUSED' || codeOf(outcome) === 'ENOTFOUND') return undefined
    return mayRepeat(call) && codeOf(outcome) === 'ECONNRESET' ? again : undefined
  }
  if (outcome.status === 429) return Math.min(longestWaitMs, retryAfterMs(outcome.retryAfter) ?? again)
  if ([502, 503, 504].includes(outcome.status) && mayRepeat(call))
    return Math.min(longestWaitMs, retryAfterMs(outcome.retryAfter) ?? again)
  return undefined
}

function mayRepeat(call: Call): boolean {
  return call.method === 'GET' || call.repeatable === true
}

/** Seconds or an HTTP date. */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now())
}

function collect(response: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let length = 0
    response.on('data', (part: Buffer) => {
      length += part.length
      if (length > longestAnswer) response.destroy(new Error('the answer is too long'))
      parts.push(part)
    })
    response.once('error', reject)
    response.once('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        retryAfter: response.headers['retry-after'],
        text: Buffer.concat(parts).toString('utf8'),
      }),
    )
  })
}

function parseBase(text: string): URL {
  try {
    const url = new URL(text.replace(/\/v1\/?$/, ''))
    if (url.protocol === 'https:' || url.protocol === 'http:') return url
  } catch {
    // Said below.
  }
  throw flyErrors.urlInvalid(text)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function errorText(body: unknown, text: string): string {
  const { message, error } = (body ?? {}) as { message?: unknown; error?: unknown }
  const said = [message, error].find(value => typeof value === 'string' && value !== '')
  return String(said ?? text.slice(0, 200) ?? '').trim() || 'no reason was given'
}
