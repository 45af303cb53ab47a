import type { Approval } from '#contract'

/** Where approvals are kept. Synchronous; every write is on disk when the call returns. */
export interface ApprovalStore {
  save(approval: Approval): void
  get(id: string): Approval | undefined
  /** Of that plan, newest first. */
  ofPlan(planHash: string): Approval[]
  list(): Approval[]
  delete(id: string): void
  /** What the operator decided; undefined: nothing. */
  rule(operation: string): boolean | undefined
  saveRule(operation: string, required: boolean): void
}
