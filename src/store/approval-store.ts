import type { Approval } from '#contract'
import type { ApprovalStore } from '#desk'
import type { Database } from './database.ts'

/** Approvals and the rules that say which operations need one. */
export function createApprovalStore(database: Database): ApprovalStore {
  const parsed = (rows: { data: string }[]) => rows.map(({ data }) => JSON.parse(data) as Approval)
  return {
    save: approval =>
      database.run(
        'insert or replace into approvals (id, plan_hash, state, data) values (?, ?, ?, ?)',
        approval.id,
        approval.plan_hash,
        approval.state,
        JSON.stringify(approval),
      ),
    get: id => parsed(database.all<{ data: string }>('select data from approvals where id = ?', id))[0],
    ofPlan: hash =>
      parsed(
        database.all<{ data: string }>(
          'select data from approvals where plan_hash = ? order by id desc',
          hash,
        ),
      ),
    list: () => parsed(database.all<{ data: string }>('select data from approvals order by id desc')),
    delete: id => database.run('delete from approvals where id = ?', id),
    rule(operation) {
      const row = database.get<{ required: number }>(
        'select required from approval_rules where operation = ?',
        operation,
      )
      return row && row.required === 1
    },
    saveRule: (operation, required) =>
      database.run(
        'insert or replace into approval_rules (operation, required) values (?, ?)',
        operation,
        required ? 1 : 0,
      ),
  }
}
