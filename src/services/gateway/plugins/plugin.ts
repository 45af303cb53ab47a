import type { IncomingHttpHeaders } from 'node:http'
import type * as z from 'zod'
import type { Consumer, Consumers } from '../consumers.ts'
import type { Metrics } from '../metrics.ts'
import type { Refusal } from '../refusal.ts'
import type { RequestRecord } from '../request-record.ts'

/** A request on its way through the plugins; they change what goes upstream and what comes back. */
export interface Passage {
  /** As it goes upstream. */
  method: string
  readonly headers: IncomingHttpHeaders
  /** Query as it came; a plugin that hides a credential replaces it. */
  query: string
  /** What the route's expression took out of the path. */
  readonly captures: Readonly<Record<string, string>>
  consumer: Consumer | undefined
  /** Sent upstream instead of or beside what the client sent; null removes. */
  readonly upstream: Map<string, string | null>
  /** Set on the answer. */
  readonly answer: Map<string, string>
  readonly clientIp: string
  /** Bytes of a body that may go upstream; beyond them the request ends with 413. */
  bodyLimitBytes: number | undefined
  /** Told what became of the request, when it is over. */
  readonly after: ((record: RequestRecord) => void)[]
}

/** Looks at a request; a refusal ends its way, `answered` ends it with that status and no body. */
export type Plugin = (passage: Passage) => Refusal | { readonly answered: number } | undefined

export interface PluginSources {
  readonly consumers: Consumers
  readonly metrics: Metrics
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Told what went wrong beside a request. */
  readonly warn: (what: string) => void
}

export interface PluginDefinition<S extends z.ZodType = z.ZodType> {
  /** Kong's own order: what has the higher number runs first. */
  readonly priority: number
  /** Only watches: it sees requests that other plugins end, too. */
  readonly observes?: true
  /** Strict: an option that is not built is an error at the start, never a silence. */
  readonly config: S
  readonly create: (config: z.output<S>, sources: PluginSources) => Plugin
}

/** Keeps the type of the configuration while the table holds plugins of all kinds. */
export function definePlugin<S extends z.ZodType>(definition: PluginDefinition<S>): PluginDefinition {
  return definition as unknown as PluginDefinition
}
