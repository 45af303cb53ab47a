import type { PlannedFilter } from '../plan/tree.ts'
import type { Condition } from '../request/ast.ts'
import { isFullText, operators } from '../request/operators.ts'
import { pathSql } from './fields.ts'
import { ident, join, nothing, type Sql, sql, trusted, value } from './sql.ts'

/** ` where …`, or nothing. */
export function whereSql(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? nothing : sql` where ${join(conditions, ' and ')}`
}

export function filterSql(filter: PlannedFilter): Sql {
  switch (filter.kind) {
    case 'condition': {
      const compared = comparison(pathSql(filter.path), filter.condition)
      return filter.condition.negated ? sql`not (${compared})` : compared
    }
    case 'embedded': {
      const row = ident(filter.embed)
      const embedded = filter.many ? sql`${row}.${row}` : row
      return sql`${embedded} is ${trusted(filter.exists ? '' : 'not ')}distinct from null`
    }
    default: {
      const inner = sql`(${join(filter.members.map(filterSql), ` ${filter.kind} `)})`
      return filter.negated ? sql`not ${inner}` : inner
    }
  }
}

function comparison(field: Sql, { operator, operand, modifier, language }: Condition): Sql {
  if (typeof operand !== 'string') return sql`${field} = any(${value(arrayLiteral(operand))})`
  if (operator === 'is') return sql`${field} is ${trusted(operand === 'not_null' ? 'not null' : operand)}`
  const symbol = trusted(operators.get(operator) ?? '=')
  if (isFullText(operator)) {
    const config = language === undefined ? nothing : sql`${value(language)}::regconfig, `
    return sql`${field} @@ ${symbol}(${config}${value(operand)})`
  }
  const text = operator === 'like' || operator === 'ilike' ? operand.replaceAll('*', '%') : operand
  return modifier === undefined
    ? sql`${field} ${symbol} ${value(text)}`
    : sql`${field} ${symbol} ${trusted(modifier)} (${value(text)})`
}

function arrayLiteral(values: readonly string[]): string {
  return `{${values.map(one => `"${one.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
}
