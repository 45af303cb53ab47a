import { createHash } from 'node:crypto'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, Agent as SecureAgent } from 'node:https'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { XMLParser } from 'fast-xml-parser'
import { errors } from '../../errors.ts'
import { emptyDigest, encodeStrictly, unsignedPayload } from '../../sigv4/canonical.ts'
import { encodeKey, signedHeaders } from '../../sigv4/sign.ts'

/** An S3-compatible store. */
export interface RemoteSettings {
  readonly bucket: string
  readonly endpoint: string
  readonly region: string
  readonly forcePathStyle: boolean
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
  /** Bytes of one part of an upload whose size is not known; that much is held in memory. */
  readonly partBytes: number
  readonly maxSockets: number
  /** A connection that is silent for so long is given up. */
  readonly timeoutMs: number
}

export interface RemoteRequest {
  readonly method: string
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | { readonly stream: AsyncIterable<Uint8Array>; readonly size: number }
}

/** What the store refused. */
export class RemoteError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

const tries = 4
const xml = new XMLParser({ ignoreAttributes: true, parseTagValue: false })

/** Speaks S3's REST protocol, signed. A request whose body can be sent again is tried again when the store or the way to it fails. */
export class RemoteClient {
  readonly #settings: RemoteSettings
  readonly #base: URL
  readonly #prefix: string
  readonly #agent: Agent

  constructor(settings: RemoteSettings) {
    this.#settings = settings
    this.#base = new URL(settings.endpoint)
    const root = this.#base.pathname.replace(/\/$/, '')
    if (settings.forcePathStyle) this.#prefix = `${root}/${encodeStrictly(settings.bucket)}`
    else {
      this.#base.hostname = `${settings.bucket}.${this.#base.hostname}`
      this.#prefix = root
    }
    const options = { keepAlive: true, maxSockets: settings.maxSockets }
    this.#agent = this.#base.protocol === 'https:' ? new SecureAgent(options) : new Agent(options)
  }

  /** Resolves with the answer when it is 2xx; its body must be read or destroyed. */
  async send(request: RemoteRequest): Promise<IncomingMessage> {
    const repeatable = request.body === undefined || Buffer.isBuffer(request.body)
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(request)
      } catch (error) {
        const final = error instanceof RemoteError && error.status < 500 && error.status !== 429
        if (!repeatable || final || attempt >= tries) throw error
        await new Promise(resolve => setTimeout(resolve, 50 * 2 ** attempt).unref())
      }
    }
  }

  /** The answer's XML as nested objects; text stays text. */
  async xml(request: RemoteRequest): Promise<Record<string, unknown>> {
    const body = await text(await this.send(request))
    const parsed = (body === '' ? {} : xml.parse(body)) as Record<string, unknown>
    // Some operations answer 200 first and fail then.
    const failed = parsed['Error'] as { Code?: string; Message?: string } | undefined
    if (failed) throw new RemoteError(500, failed.Code ?? 'InternalError', failed.Message ?? '')
    return parsed
  }

  /** Sends and drops what is answered; resolves with the headers. */
  async discard(request: RemoteRequest): Promise<IncomingMessage['headers']> {
    const answer = await this.send(request)
    answer.resume()
    return answer.headers
  }

  async #once(request: RemoteRequest): Promise<IncomingMessage> {
    const { body } = request
    const path = request.key === undefined ? this.#prefix || '/' : `${this.#prefix}/${encodeKey(request.key)}`
    const query = Object.entries(request.query ?? {})
    const payload =
      body === undefined
        ? emptyDigest
        : Buffer.isBuffer(body)
          ? createHash('sha256').update(body).digest('hex')
          : unsignedPayload
    const headers = signedHeaders(this.#settings, {
      method: request.method,
      host: this.#base.host,
      path,
      query,
      headers: request.headers ?? {},
      payload,
    })
    if (body !== undefined)
      headers['content-length'] = String(Buffer.isBuffer(body) ? body.length : body.size)
    else if (request.method !== 'GET' && request.method !== 'HEAD') headers['content-length'] = '0'
    const search = query.map(([name, value]) => `${encodeStrictly(name)}=${encodeStrictly(value)}`).join('&')
    const send = this.#base.protocol === 'https:' ? httpsRequest : httpRequest
    const outgoing = send({
      agent: this.#agent,
      hostname: this.#base.hostname,
      port: this.#base.port,
      method: request.method,
      path: search === '' ? path : `${path}?${search}`,
      headers,
      timeout: this.#settings.timeoutMs,
    })
    outgoing.on('timeout', () => outgoing.destroy(errors.backendTimeout()))
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve)
      outgoing.once('error', reject)
    })
    answered.catch(() => {})
    if (body === undefined || Buffer.isBuffer(body)) outgoing.end(body)
    else await pipeline(Readable.from(body.stream, { objectMode: false }), outgoing)
    const answer = await answered
    const status = answer.statusCode ?? 500
    if (status >= 200 && status < 300) return answer
    throw await failureOf(answer, status)
  }
}

async function failureOf(answer: IncomingMessage, status: number): Promise<RemoteError> {
  const body = (await text(answer).catch(() => '')).slice(0, 64 * 1024)
  let parsed: { Error?: { Code?: string; Message?: string } } = {}
  try {
    parsed = xml.parse(body) as typeof parsed
  } catch {
    // Not XML: the status has to do.
  }
  return new RemoteError(
    status,
    parsed.Error?.Code ?? String(status),
    parsed.Error?.Message ?? `The store answered ${status}`,
  )
}
