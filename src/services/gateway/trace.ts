import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '#kernel'
import type { Passage } from './plugins/plugin.ts'
import type { RequestRecord } from './request-record.ts'
import type { Route } from './router.ts'

/** Times of one request, milliseconds of the monotonic clock; -1 while something has not been. */
export interface Trace {
  readonly startedMs: number
  /** Path and query upstream; empty when it never went there. */
  uri: string
  sentMs: number
  answeredMs: number
  /** What the service's answer was passed on with, names and values in turn; undefined when the gateway answered. */
  answerHeaders: readonly string[] | undefined
  /** Bytes of the service's body that were passed on. */
  answerBytes: number
}

export function startTrace(clock: Clock): Trace {
  return {
    startedMs: clock.monotonic(),
    uri: '',
    sentMs: -1,
    answeredMs: -1,
    answerHeaders: undefined,
    answerBytes: 0,
  }
}

/** Kong's headers about what it, and what the service, took. */
export function addLatencies(headers: string[], { startedMs, sentMs, answeredMs }: Trace): void {
  headers.push(
    'x-kong-upstream-latency',
    String(Math.round(answeredMs - sentMs)),
    'x-kong-proxy-latency',
    String(Math.round(sentMs - startedMs)),
  )
}

/** Names and values in turn, as an object. */
function objectOf(list: readonly string[]): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = {}
  for (let i = 0; i + 1 < list.length; i += 2) {
    const [name, value] = [list[i] as string, list[i + 1] as string]
    const before = object[name]
    object[name] = before === undefined ? value : [before, value].flat()
  }
  return object
}

/** The whole story of a request, once it is over. */
export function recordOf(
  request: IncomingMessage,
  response: ServerResponse,
  { route, passage, trace, clock }: { route: Route; passage: Passage; trace: Trace; clock: Clock },
): RequestRecord {
  const totalMs = clock.monotonic() - trace.startedMs
  const size = (value: unknown) => (Number.isSafeInteger(Number(value)) ? Number(value) : 0)
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers,
    clientIp: passage.clientIp,
    consumer: passage.consumer,
    service: route.service.name,
    route: route.name,
    upstreamUri: trace.uri,
    status: response.statusCode,
    answerHeaders: trace.answerHeaders ? objectOf(trace.answerHeaders) : response.getHeaders(),
    requestBytes: size(request.headers['content-length']),
    answerBytes: trace.answerHeaders ? trace.answerBytes : size(response.getHeader('content-length')),
    startedAt: Math.round(clock.now() - totalMs),
    totalMs,
    upstreamMs: trace.answeredMs < 0 ? -1 : trace.answeredMs - trace.sentMs,
    fromService: trace.answeredMs >= 0,
  }
}
