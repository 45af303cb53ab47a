import type { Clock, Log } from '#kernel'
import type { WireRequest, WireResponse } from '#wire'

/** What `log-level` may be, the quietest first. */
export const logLevels = ['crit', 'error', 'warn', 'info', 'debug'] as const

/** Tells of answers as web servers do, where `log-level` asks for it: `warn` of refusals, `info` of all. What failed is told by itself, with its reason. */
export class AccessLog {
  readonly #log: Log
  readonly #clock: Clock
  readonly #least: number
  readonly #roles = new WeakMap<WireRequest, string>()

  constructor(level: unknown, log: Log, clock: Clock) {
    this.#log = log
    this.#clock = clock
    this.#least =
      level === 'info' || level === 'debug' ? 100 : level === 'warn' ? 400 : Number.POSITIVE_INFINITY
  }

  /** Whether anything is told at all. */
  get isOn(): boolean {
    return Number.isFinite(this.#least)
  }

  /** As whom a request is done. */
  readonly noteRole = (request: WireRequest, role: string): void => {
    this.#roles.set(request, role)
  }

  /** To be called when the answer has gone. */
  tell(request: WireRequest, response: WireResponse): void {
    const { statusCode } = response
    if (statusCode < this.#least) return
    const { method, url, head, headers, remoteAddress } = request
    const role = this.#roles.get(request) ?? '-'
    const asked = `${method} ${url} HTTP/1.${head.minor}`
    const line = `${remoteAddress || '-'} - ${role} [${timeText(this.#clock.now())}] ${quoted(asked)} ${statusCode} - ${quoted(headers.referer)} ${quoted(headers['user-agent'])}`
    if (statusCode >= 500) this.#log.error({}, line)
    else if (statusCode >= 400) this.#log.warn({}, line)
    else this.#log.info({}, line)
  }
}

/** `21/Nov/2026:14:19:28 +0000` */
function timeText(atMs: number): string {
  const [, day = '', month = '', year = '', time = ''] = new Date(atMs).toUTCString().split(' ')
  return `${day}/${month}/${year}:${time} +0000`
}

function quoted(text = ''): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
