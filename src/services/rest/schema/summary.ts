import { builtInHandlers } from './built-in.ts'
import { handlerKey, type Schema } from './cache.ts'

/** How much was found, as PostgREST tells it of what it has loaded. */
export function summaryOf({ tables, relationships, functions, representations, handlers }: Schema): string {
  const builtIn = builtInHandlers.map(([type]) => handlerKey(undefined, type))
  return [
    `${tables.size} Relations`,
    `${relationships.size} Relationships`,
    `${functions.size} Functions`,
    `${representations.size} Domain Representations`,
    `${new Set([...builtIn, ...handlers.keys()]).size} Media Type Handlers`,
  ].join(', ')
}
