import type { AuditRow, InputOf, OutputOf } from '#contract'
import type { Approvals } from './approvals.ts'
import { type Audit, type AuditArchiver, verifyAudit } from './audit/index.ts'
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

export interface KeepingParts {
  readonly audit: Audit
  readonly archiver: AuditArchiver
  readonly approvals: Approvals
}

/** What the operations of contract/operations/desk-operations.ts do. */
export function keepingHandlers(options: DeskOptions, { audit, archiver, approvals }: KeepingParts) {
  const { silos, clock, auditStore: store, auditFolder: folder } = options
  return {
    approvalList: () => approvals.list(),
    approvalGive: ({ approval }: { approval: string }) => approvals.decide(approval, 'approved'),
    approvalRefuse: ({ approval }: { approval: string }) => approvals.decide(approval, 'refused'),
    approvalRules: () => approvals.rules(),
    approvalRequire: ({ operation, required }: { operation: string; required: boolean }) =>
      approvals.setRule(operation, required),
    auditVerify: ({ elsewhere }: { elsewhere?: boolean | undefined }) =>
      archiver.without(() => verifyAudit({ store, folder, elsewhere: elsewhere ?? false })),
    async auditArchive(input: InputOf<'auditArchive'>): Promise<OutputOf<'auditArchive'>> {
      const { before, keep_rows: keepRows } = input
      const made = await archiver.run({
        before:
          before === undefined ? (keepRows === undefined ? monthOf(clock.now()) : 0) : Date.parse(before),
        keepRows,
      })
      return {
        folder,
        files: made.map(({ file, sha256, firstSeq, lastSeq }) => ({
          file,
          sha256,
          first_seq: firstSeq,
          last_seq: lastSeq,
        })),
      }
    },
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

/** When the month began that this time is in (UTC). */
function monthOf(ms: number): number {
  const date = new Date(ms)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
}
