import type { IncomingHttpHeaders } from 'node:http'
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
  readonly now: () => number
}

export type PluginFactory = (config: Readonly<Record<string, unknown>>, sources: PluginSources) => Plugin

export function texts(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String)
  return typeof value === 'string' ? [value] : []
}
