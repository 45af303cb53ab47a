import type { DeskOptions } from './ports.ts'

/** What the operations of contract/operations/silo-operations.ts do. */
export function siloOperationHandlers(_options: DeskOptions) {
  return {}
}
