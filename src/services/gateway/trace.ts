import type { Clock } from '#kernel'
import { headerLines, type WireRequest, type WireResponse } from '#wire'
import type { Passage } from './plugins/plugin.ts'
import { type Refusal, refusalParts } from './refusal.ts'
import type { RequestRecord } from './request-record.ts'
import type { Route } from './router.ts'

/** Times of one request, milliseconds of the monotonic clock; -1 while something has not been. */
export interface Trace {
  readonly startedMs: number
  /** Path and query upstream; empty when it never went there. */
  uri: string
  sentMs: number
  answeredMs: number
  /** Header lines of the answer, whoever gave it. */
  answerLines: string
  /** Bytes of its body. */
  answerBytes: number
}

export function startTrace(clock: Clock): Trace {
  return {
    startedMs: clock.monotonic(),
    uri: '',
    sentMs: -1,
    answeredMs: -1,
    answerLines: '',
    answerBytes: 0,
  }
}

/** Kong's headers about what it, and what the service, took. */
export function latencyLines({ startedMs, sentMs, answeredMs }: Trace): string {
  return `x-kong-upstream-latency: ${Math.round(answeredMs - sentMs)}\r\nx-kong-proxy-latency: ${Math.round(sentMs - startedMs)}\r\n`
}

/** An answer that the gateway gives itself. */
export function answer(
  response: WireResponse,
  trace: Trace,
  status: number,
  headers: Readonly<Record<string, string>>,
  body = '',
): void {
  trace.answerLines = headerLines(headers)
  trace.answerBytes = Buffer.byteLength(body)
  response.answer(status, headers, body)
}

export function refuse(
  response: WireResponse,
  trace: Trace,
  refusal: Refusal,
  more: Readonly<Record<string, string>> = {},
): void {
  const { status, headers, body } = refusalParts(refusal)
  answer(response, trace, status, { ...more, ...headers }, body)
}

/** Header lines as an object. */
function objectOf(lines: string): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = {}
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon < 0) continue
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    const before = object[name]
    object[name] = before === undefined ? value : [before, value].flat()
  }
  return object
}

/** The whole story of a request, once it is over. */
export function recordOf(
  request: WireRequest,
  response: WireResponse,
  { route, passage, trace, clock }: { route: Route; passage: Passage; trace: Trace; clock: Clock },
): RequestRecord {
  const totalMs = clock.monotonic() - trace.startedMs
  const size = (value: unknown) => (Number.isSafeInteger(Number(value)) ? Number(value) : 0)
  return {
    method: request.method,
    url: request.url,
    headers: request.headers,
    clientIp: passage.clientIp,
    consumer: passage.consumer,
    service: route.service.name,
    route: route.name,
    upstreamUri: trace.uri,
    status: response.statusCode,
    answerHeaders: objectOf(trace.answerLines),
    requestBytes: size(request.headers['content-length']),
    answerBytes: trace.answerBytes,
    startedAt: Math.round(clock.now() - totalMs),
    totalMs,
    upstreamMs: trace.answeredMs < 0 ? -1 : trace.answeredMs - trace.sentMs,
    fromService: trace.answeredMs >= 0,
  }
}
