import type { Consumer } from './consumers.ts'

/** What became of a request: for logs and metrics. */
export interface RequestRecord {
  readonly method: string
  /** As the client asked for it. */
  readonly url: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly clientIp: string
  readonly consumer: Consumer | undefined
  readonly service: string
  readonly route: string
  /** Path and query upstream; empty when it never went there. */
  readonly upstreamUri: string
  readonly status: number
  readonly answerHeaders: Readonly<Record<string, unknown>>
  /** Bytes of the bodies. */
  readonly requestBytes: number
  readonly answerBytes: number
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** Milliseconds until its end; of that, what the service took until its first byte, or -1. */
  readonly totalMs: number
  readonly upstreamMs: number
  /** True when the service answered, false when the gateway did. */
  readonly fromService: boolean
}
