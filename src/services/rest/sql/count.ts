import type { ReadPlan } from '../plan/tree.ts'
import { logicSql, whereSql } from './filters.ts'
import { conditionsSql, fromSql, sourceOf } from './source.ts'
import { nothing, type Sql, sql, trusted } from './sql.ts'

/** One row for each row of a read without its limits. What must be embedded is asked for instead of joined. */
export function countSql(plan: ReadPlan): Sql {
  const source = sourceOf(plan)
  const ofEmbed = (alias: string, negated: boolean): Sql => {
    const child = plan.children.find(({ joinAlias }) => joinAlias === alias)
    return child ? sql`${trusted(negated ? '' : 'NOT ')}EXISTS (${countSql(child)})` : nothing
  }
  const conditions = [
    ...plan.filters.map(one => logicSql(source, one, ofEmbed)),
    ...conditionsSql(plan.conditions),
    ...plan.children.filter(child => child.join === 'inner').map(child => sql`EXISTS (${countSql(child)} )`),
  ]
  return sql`SELECT 1${fromSql(plan)}${whereSql(conditions)}`
}
