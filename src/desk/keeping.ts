import type { AuditRow } from '#contract'
import type { Approvals } from './approvals.ts'
import type { Audit } from './audit.ts'
import { deskErrors } from './errors.ts'
import type { CallContext } from './perform.ts'
import type { DeskOptions } from './ports.ts'
import { silosHeldBy } from './scope.ts'

interface AuditQuery {
  silo_id?: string | undefined
  caller?: string | undefined
  before?: number | undefined
  limit: number
}

/** What the operations of contract/operations/desk-operations.ts do. */
export function keepingHandlers({ silos }: DeskOptions, audit: Audit, approvals: Approvals) {
  return {
    approvalList: () => approvals.list(),
    approvalGive: ({ approval }: { approval: string }) => approvals.decide(approval, 'approved'),
    approvalRefuse: ({ approval }: { approval: string }) => approvals.decide(approval, 'refused'),
    approvalRules: () => approvals.rules(),
    approvalRequire: ({ operation, required }: { operation: string; required: boolean }) =>
      approvals.setRule(operation, required),
    auditVerify: () => audit.verify(),
    auditList({ silo_id, ...query }: AuditQuery, { caller }: CallContext): AuditRow[] {
      const rows = audit.list({ ...query, silos: silosAsked(caller, silo_id) })
      return rows.map(row => ({ ...row, at: new Date(row.at).toISOString() }))
    },
  }

  /** Undefined: all rows, also of silos that are gone. */
  function silosAsked(caller: CallContext['caller'], name: string | undefined): string[] | undefined {
    if (caller.silos === '*') return name === undefined ? undefined : [silos.find(name)?.silo_id ?? name]
    const held = silosHeldBy(caller, silos)
    if (name === undefined) return held.map(({ silo_id }) => silo_id)
    const asked = held.find(({ silo_id, alias }) => silo_id === name || alias === name)
    if (!asked) throw deskErrors.noSilo(name, held)
    return [asked.silo_id]
  }
}
