import * as z from 'zod'
import { nothing, siloId } from './inputs.ts'
import { operation, operatorOnly } from './operation.ts'

export const approvalStates = ['pending', 'approved', 'refused', 'used', 'expired'] as const

export const approvalSchema = z.object({
  id: z.string(),
  state: z.enum(approvalStates),
  /** SHA-256 of the plan: what is approved is this call and no other. */
  plan_hash: z.string(),
  operation: z.string(),
  caller: z.string(),
  role: z.string(),
  silo_id: z.string().nullable(),
  /** Secrets replaced. */
  input: z.record(z.string(), z.unknown()),
  asked_at: z.string(),
  expires_at: z.string(),
})
export type Approval = z.infer<typeof approvalSchema>

export const approvalRuleSchema = z.object({ operation: z.string(), required: z.boolean() })

export const auditRowSchema = z.object({
  seq: z.number(),
  at: z.string(),
  /** The same in both rows of one call. */
  call: z.string(),
  caller: z.string(),
  role: z.string(),
  via: z.string(),
  operation: z.string(),
  silo_id: z.string().nullable(),
  /** JSON, secrets replaced. */
  input: z.string(),
  /** `begun` is written before anything is changed; the row with the outcome follows. */
  outcome: z.enum(['begun', 'ok', 'refused', 'failed']),
  /** Code of the error; null when there was none. */
  code: z.string().nullable(),
  duration_ms: z.number(),
  hash: z.string(),
})
export type AuditRow = z.infer<typeof auditRowSchema>

const approvalId = z.strictObject({ approval: z.string().min(1).max(80).describe('Id of the approval') })

/** How the desk itself is run: approvals and the audit. */
export const deskOperations = {
  approvalList: operation({
    name: 'approval.list',
    summary: 'Approvals that agents wait for, and those that were given and not yet used',
    method: 'GET',
    path: '/v1/approvals',
    input: nothing,
    output: z.array(approvalSchema),
    changes: false,
    ...operatorOnly,
    command: 'approvals list',
  }),
  approvalGive: operation({
    name: 'approval.give',
    summary: 'Allow the one call that an agent asked for',
    method: 'POST',
    path: '/v1/approvals/:approval/give',
    input: approvalId,
    output: approvalSchema,
    changes: true,
    ...operatorOnly,
    command: 'approve',
  }),
  approvalRefuse: operation({
    name: 'approval.refuse',
    summary: 'Refuse the call that an agent asked for',
    method: 'POST',
    path: '/v1/approvals/:approval/refuse',
    input: approvalId,
    output: approvalSchema,
    changes: true,
    ...operatorOnly,
    command: 'approvals refuse',
  }),
  approvalRules: operation({
    name: 'approval.rules',
    summary: 'Which operations need an approval when an agent calls them',
    method: 'GET',
    path: '/v1/approval-rules',
    input: nothing,
    output: z.array(approvalRuleSchema),
    changes: false,
    ...operatorOnly,
    command: 'approvals rules',
  }),
  approvalRequire: operation({
    name: 'approval.require',
    summary: 'Say whether an operation needs an approval when an agent calls it',
    method: 'POST',
    path: '/v1/approval-rules',
    input: z.strictObject({ operation: z.string().min(1).max(80), required: z.boolean() }),
    output: approvalRuleSchema,
    changes: true,
    ...operatorOnly,
    command: 'approvals require',
  }),
  auditList: operation({
    name: 'audit.list',
    summary: 'Who asked for what; newest first',
    method: 'GET',
    path: '/v1/audit',
    input: z.strictObject({
      silo_id: siloId.optional(),
      caller: z.string().min(1).max(120).optional().describe('Id of a caller'),
      before: z.coerce.number().int().min(1).optional().describe('Rows before that number'),
      limit: z.coerce.number().int().min(1).max(500).default(50),
    }),
    output: z.array(auditRowSchema),
    changes: false,
    roles: ['security-auditor'],
    scope: 'held',
    approval: 'never',
    tool: 'list_audit',
    command: 'audit list',
  }),
  auditVerify: operation({
    name: 'audit.verify',
    summary: 'Check that no row of the audit was changed, removed or moved',
    method: 'GET',
    path: '/v1/audit/verify',
    input: z.strictObject({
      elsewhere: z
        .stringbool()
        .or(z.boolean())
        .optional()
        .describe('Archives that are not in the folder are kept elsewhere'),
    }),
    output: z.object({
      ok: z.boolean(),
      /** That were looked at, those in archives included. */
      rows: z.number(),
      /** Number of the first row that is wrong; null when none is. */
      first_bad: z.number().nullable(),
      detail: z.string(),
      archives: z.array(
        z.object({
          file: z.string(),
          first_seq: z.number(),
          last_seq: z.number(),
          state: z.enum(['whole', 'missing', 'damaged']),
        }),
      ),
    }),
    changes: false,
    ...operatorOnly,
    command: 'audit verify',
  }),
  auditArchive: operation({
    name: 'audit.archive',
    summary: 'Move old rows of the audit to files, one per month; the chain goes through them',
    method: 'POST',
    path: '/v1/audit/archive',
    input: z.strictObject({
      before: z.iso
        .date('must be a day, such as 2026-10-01')
        .optional()
        .describe(
          'Rows before that day (UTC); by default before the present month, unless keep_rows is given',
        ),
      keep_rows: z.number().int().min(0).optional().describe('All but so many of the newest rows'),
    }),
    output: z.object({
      /** Where the files are. */
      folder: z.string(),
      files: z.array(
        z.object({ file: z.string(), sha256: z.string(), first_seq: z.number(), last_seq: z.number() }),
      ),
    }),
    changes: true,
    ...operatorOnly,
    command: 'audit archive',
  }),
} as const
