import type { Tool } from '@modelcontextprotocol/server'
import type { Caller } from '../caller.ts'
import { inputSchemaOf, outputSchemaOf } from './schemas.ts'
import { toolOperations, type VisibleOperation, visibleTo } from './visible.ts'

/** The tools that this caller sees, in the same order at every call. */
export function toolsFor(caller: Caller): Tool[] {
  return visibleTo(caller).map(({ operation }) => described().get(operation.tool) as Tool)
}

let made: ReadonlyMap<string, Tool> | undefined

/** Made once: they come from the contract, which does not change while we run. */
function described(): ReadonlyMap<string, Tool> {
  made ??= new Map([...toolOperations].map(([name, visible]) => [name, describe(visible)]))
  return made
}

function describe({ operation }: VisibleOperation): Tool {
  const { destructive = false, idempotent = false } = operation.annotations ?? {}
  return {
    name: operation.tool,
    title: operation.tool.replace(/_/g, ' '),
    description: operation.summary,
    inputSchema: inputSchemaOf(operation) as Tool['inputSchema'],
    outputSchema: outputSchemaOf(operation) as Tool['outputSchema'],
    annotations: {
      readOnlyHint: !operation.changes,
      destructiveHint: operation.changes && destructive,
      idempotentHint: !operation.changes || idempotent,
      // Everything happens on this machine.
      openWorldHint: false,
    },
  }
}
