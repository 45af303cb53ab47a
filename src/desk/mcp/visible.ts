import { type Operation, operations } from '#contract'
import type { Caller } from '../caller.ts'
import type { OperationKey } from '../perform.ts'

export interface VisibleOperation {
  readonly key: OperationKey
  readonly operation: Operation & { readonly tool: string }
}

/** Every operation that is a tool for somebody, by the tool's name, always in the same order. */
export const toolOperations: ReadonlyMap<string, VisibleOperation> = new Map(
  Object.entries<Operation>(operations)
    .flatMap(([key, operation]) =>
      operation.tool === null
        ? []
        : [{ key: key as OperationKey, operation: operation as VisibleOperation['operation'] }],
    )
    .sort((a, b) => (a.operation.tool < b.operation.tool ? -1 : 1))
    .map(visible => [visible.operation.tool, visible]),
)

/** What this caller sees: its role's operations, and of those nothing that would be refused for reaching beyond its silos. */
export function isVisible({ operation }: VisibleOperation, caller: Caller): boolean {
  if (!(operation.roles as readonly string[]).includes(caller.role)) return false
  return operation.scope !== 'host' || caller.silos === '*'
}

export function visibleTo(caller: Caller): VisibleOperation[] {
  return [...toolOperations.values()].filter(visible => isVisible(visible, caller))
}
