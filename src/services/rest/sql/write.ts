import type { ChangePlan, ChosenRows } from '../plan/change.ts'
import type { Name } from '../schema/cache.ts'
import { bodySql } from './body.ts'
import { columnSql, named } from './fields.ts'
import { logicSql, whereSql } from './filters.ts'
import { limitSql, orderSql } from './source.ts'
import { ident, join, nothing, type Sql, sql, trusted } from './sql.ts'

/** The statement that changes rows and gives back what is wanted of them. */
export function changeSql(plan: ChangePlan): Sql {
  switch (plan.kind) {
    case 'insert':
      return insertSql(plan)
    case 'update':
      return updateSql(plan)
    case 'delete':
      return deleteSql(plan)
  }
}

const bodyName: Name = { schema: '', name: 'pgrst_body' }

function insertSql(plan: Extract<ChangePlan, { kind: 'insert' }>): Sql {
  const { table, columns, body, conditions, conflict, returned, defaults } = plan
  const names =
    columns.length === 0
      ? nothing
      : sql`(${join(
          columns.map(({ name }) => ident(name)),
          ', ',
        )}) `
  const values = join(
    columns.map(({ name }) => columnSql(bodyName, name)),
    ', ',
  )
  const counts = countsInserted(plan)
  const where = whereSql([
    ...(counts ? [insertedSql(1)] : []),
    ...conditions.map(one => logicSql(bodyName, one)),
  ])
  const rows = bodySql(body, { columns, defaults, onlyFirst: false })
  const onConflict = conflict ? conflictSql(plan, counts) : nothing
  return sql`INSERT INTO ${named(table)} ${names}SELECT ${values}${rows}${where}${onConflict} ${returningSql(table, returned)}`
}

/** Whether it must be known how many rows are new: rows that were there may be changed instead. */
export function countsInserted(plan: ChangePlan): boolean {
  return plan.kind === 'insert' && plan.conflict?.resolution === 'merge-duplicates'
}

/** Counts up for each row that is put in, and down for each that was there: then it stays `true` all the same. */
function insertedSql(step: 1 | -1): Sql {
  const sign = step === 1 ? '+' : '-'
  return trusted(
    `set_config('pgrst.inserted', (coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0) ${sign} 1)::text, true) <> '${step === 1 ? '0' : '-1'}'`,
  )
}

function conflictSql(plan: Extract<ChangePlan, { kind: 'insert' }>, counts: boolean): Sql {
  const { columns, conflict } = plan
  if (!conflict || conflict.columns.length === 0) return nothing
  const names = join(conflict.columns.map(ident), ', ')
  if (conflict.resolution === 'ignore-duplicates' || columns.length === 0)
    return sql` ON CONFLICT(${names}) DO NOTHING`
  const set = columns.map(({ name }) => sql`${ident(name)} = EXCLUDED.${ident(name)}`)
  return sql` ON CONFLICT(${names}) DO UPDATE SET ${join(set, ', ')}${counts ? sql` WHERE ${insertedSql(-1)}` : nothing}`
}

function updateSql(plan: Extract<ChangePlan, { kind: 'update' }>): Sql {
  const { table, columns, body, defaults, filters, part, returned } = plan
  const target = named(table)
  if (columns.length === 0) {
    // Nothing to set is no statement; the columns that are asked for must be there all the same.
    const own = { schema: '', name: table.name }
    const shown =
      returned.length === 0
        ? trusted('NULL')
        : join(
            returned.map(name => columnSql(own, name)),
            ', ',
          )
    return sql`SELECT ${shown} FROM ${target} WHERE false`
  }
  const returning = returningSql(table, returned)
  if (!part) {
    const set = columns.map(({ name }) => sql`${ident(name)} = ${columnSql(bodyName, name)}`)
    const rows = bodySql(body, { columns, defaults, onlyFirst: false })
    return sql`UPDATE ${target} SET ${join(set, ', ')} ${rows}${filtersSql(table, filters)} ${returning}`
  }
  const set = columns.map(({ name }) => sql`${ident(name)} = (SELECT ${ident(name)} FROM pgrst_update_body)`)
  const rows = bodySql(body, { columns, defaults, onlyFirst: true })
  const values = columns.map(({ name }) => columnSql(bodyName, name))
  return sql`WITH pgrst_update_body AS (SELECT ${join(values, ', ')}${rows}), ${affectedSql(plan)} UPDATE ${target} SET ${join(set, ', ')} FROM pgrst_affected_rows ${matchSql(plan)} ${returning}`
}

function deleteSql(plan: ChosenRows): Sql {
  const { table, filters, part, returned } = plan
  const returning = returningSql(table, returned)
  if (!part) return sql`DELETE FROM ${named(table)} ${filtersSql(table, filters)} ${returning}`
  return sql`WITH ${affectedSql(plan)} DELETE FROM ${named(table)} USING pgrst_affected_rows ${matchSql(plan)} ${returning}`
}

function filtersSql(table: Name, filters: ChosenRows['filters']): Sql {
  return whereSql(filters.map(one => logicSql(table, one)))
}

/** Some of the rows: known again by the columns that they are ordered by. */
function affectedSql({ table, filters, part }: ChosenRows): Sql {
  const { range, order } = part ?? { range: { offset: 0, last: undefined }, order: [] }
  const keys = order.map(({ field }) => columnSql(table, field.name))
  return sql`pgrst_affected_rows AS (SELECT ${join(keys, ', ')} FROM ${named(table)}${filtersSql(table, filters)}${orderSql(table, order)}${limitSql(range)})`
}

function matchSql({ table, part }: ChosenRows): Sql {
  const affected = { schema: '', name: 'pgrst_affected_rows' }
  return whereSql(
    (part?.order ?? []).map(
      ({ field }) => sql`${columnSql(table, field.name)} = ${columnSql(affected, field.name)}`,
    ),
  )
}

/** Only what is asked for: the caller may lack the right to read other columns. */
function returningSql(table: Name, returned: readonly string[]): Sql {
  if (returned.length === 0) return trusted('RETURNING 1')
  return sql`RETURNING ${join(
    returned.map(name => columnSql(table, name)),
    ', ',
  )}`
}
