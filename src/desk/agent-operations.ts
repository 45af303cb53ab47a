import type { DeskOptions } from './ports.ts'

/** What the operations of contract/operations/agent-operations.ts do. */
export function agentOperationHandlers(_options: DeskOptions) {
  return {}
}
