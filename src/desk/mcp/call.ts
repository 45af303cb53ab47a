import type { CallToolResult, ServerContext } from '@modelcontextprotocol/server'
import { asHangarError, type HangarError } from '#kernel'
import type { Caller } from '../caller.ts'
import { deskErrors } from '../errors.ts'
import type { Perform } from '../perform.ts'
import { progressOf } from './progress.ts'
import { wrapsItems } from './schemas.ts'
import { isVisible, toolOperations } from './visible.ts'

/** Items of a stream (lines of a log) that one answer carries, and their bytes: an answer is read by a model, which pays for each word. */
const mostItems = 200
const mostBytes = 32 * 1024

/**
 * Calls a tool as that caller. `undefined`: there is no such tool for it, which is also the answer when there is one that its role may not see;
 * the attempt goes through `perform` all the same, so that it is limited and recorded like any other.
 */
export async function callTool(
  perform: Perform,
  caller: Caller,
  name: string,
  input: unknown,
  context: ServerContext,
): Promise<CallToolResult | undefined> {
  const known = toolOperations.get(name)
  if (!known) return undefined
  const visible = isVisible(known, caller)
  const stop = new AbortController()
  const signal = AbortSignal.any([context.mcpReq.signal, stop.signal])
  const streams = known.operation.streams
  const progress = visible && known.operation.changes ? progressOf(context, name) : undefined
  const items: unknown[] = []
  let bytes = 0
  let truncated = false

  const emit = (item: unknown) => {
    if (streams !== 'items') return progress?.(item)
    bytes += JSON.stringify(item).length
    if (items.length >= mostItems || bytes > mostBytes) {
      truncated = true
      return stop.abort()
    }
    items.push(item)
  }
  try {
    // An endless answer cannot be carried in one result.
    if (streams === 'items' && isObject(input) && 'follow' in input)
      throw deskErrors.input('follow: is not for MCP; call again for newer items')
    const value = await perform(caller, known.key, input, { emit, signal })
    if (streams === 'items') return answer({ items, truncated })
    return answer(wrapsItems(known.operation) ? { items: value ?? [] } : (value ?? {}))
  } catch (thrown) {
    if (!visible) return undefined
    if (truncated) return answer({ items, truncated })
    return refusal(asHangarError(thrown, known.operation.name))
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function answer(structured: object): CallToolResult {
  return {
    content: [{ type: 'text', text: compact(structured) }],
    structuredContent: structured as Record<string, unknown>,
  }
}

/** What went wrong, and what to do, in words for the model: it can mend its call. No stack, no cause. */
export function refusal(error: HangarError): CallToolResult {
  const text =
    error.kind === 'system'
      ? `Something went wrong inside (${error.code}); the operator's log has the details.`
      : [`${error.message} (${error.code}).`, error.hint].filter(Boolean).join(' ')
  return { isError: true, content: [{ type: 'text', text }] }
}

/** The same as text, without what is null. */
export function compact(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => (inner === null ? undefined : inner))
}
