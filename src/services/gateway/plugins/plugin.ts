import type { IncomingHttpHeaders } from 'node:http'
import type { z } from 'zod'
import type { Consumer, Consumers } from '../consumers.ts'
import type { Refusal } from '../refusal.ts'

/** A request on its way through the plugins; they change what goes upstream and what comes back. */
export interface Passage {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  /** Query as it came; a plugin that hides a credential replaces it. */
  query: string
  consumer: Consumer | undefined
  /** Sent upstream instead of or beside what the client sent; null removes. */
  readonly upstream: Map<string, string | null>
  /** Set on the answer. */
  readonly answer: Map<string, string>
  readonly clientIp: string
}

/** Looks at a request; a refusal ends its way, `answered` ends it with that status and no body. */
export type Plugin = (passage: Passage) => Refusal | { readonly answered: number } | undefined

export interface PluginSources {
  readonly consumers: Consumers
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export interface PluginDefinition<S extends z.ZodType = z.ZodType> {
  /** Kong's own order: what has the higher number runs first. */
  readonly priority: number
  /** Strict: an option that is not built is an error at the start, never a silence. */
  readonly config: S
  readonly create: (config: z.output<S>, sources: PluginSources) => Plugin
}

/** Keeps the type of the configuration while the table holds plugins of all kinds. */
export function definePlugin<S extends z.ZodType>(definition: PluginDefinition<S>): PluginDefinition {
  return definition as unknown as PluginDefinition
}

/** Makes the request the consumer's; the service is told whose, whatever the client said. */
export function authenticate(passage: Passage, consumer: Consumer): void {
  passage.consumer = consumer
  passage.upstream.set('x-consumer-username', consumer.username)
  passage.upstream.set('x-consumer-custom-id', consumer.customId ?? null)
  passage.upstream.set('x-consumer-id', null)
  passage.upstream.set('x-anonymous-consumer', null)
}
