import { restErrors } from '../errors.ts'
import type { Condition, FieldPath, Filter } from '../request/ast.ts'
import { operators, parseList } from '../request/filter.ts'
import { ident, literal } from './quote.ts'

/** A column of `source`, with the way into its JSON. */
export function fieldSql(source: string, { name, steps }: FieldPath): string {
  const column = name === '*' ? `${source}.*` : `${source}.${ident(name)}`
  if (steps.length === 0) return column
  const path = steps.map(({ arrow, key }) => `${arrow}${/^-?\d+$/.test(key) ? key : literal(key)}`).join('')
  return `to_jsonb(${column})${path}`
}

export function whereSql(source: string, filters: readonly Filter[]): string {
  return filters.map(filter => filterSql(source, filter)).join(' and ')
}

function filterSql(source: string, filter: Filter): string {
  if (filter.kind === 'condition') return conditionSql(source, filter)
  const inner = filter.members.map(member => filterSql(source, member)).join(` ${filter.kind} `)
  return `${filter.negated ? 'not ' : ''}(${inner})`
}

function conditionSql(source: string, condition: Condition): string {
  const sql = comparison(fieldSql(source, condition.field), condition)
  return condition.negated ? `not (${sql})` : sql
}

function comparison(field: string, { operator, value, modifier, language }: Condition): string {
  switch (operator) {
    case 'in': {
      const values = parseList(value)
      return values.length === 0 ? `${field} = any('{}')` : `${field} = any(${literal(arrayLiteral(values))})`
    }
    case 'is': {
      const word = value.toLowerCase()
      const known: Record<string, string> = {
        null: 'null',
        not_null: 'not null',
        true: 'true',
        false: 'false',
        unknown: 'unknown',
      }
      if (!known[word])
        throw restErrors.parse(
          `"failed to parse filter (is.${value})" (line 1, column 4)`,
          `unexpected "${value[0] ?? ''}" expecting null or trilean value (unknown, true, false)`,
        )
      return `${field} is ${known[word]}`
    }
    case 'fts':
    case 'plfts':
    case 'phfts':
    case 'wfts': {
      const config = language === undefined ? '' : `${literal(language)}, `
      return `${field} @@ ${operators[operator]}(${config}${literal(value)})`
    }
    default: {
      const sql = operators[operator] ?? '='
      const text = operator.endsWith('like') ? value.replaceAll('*', '%') : value
      return modifier === undefined
        ? `${field} ${sql} ${literal(text)}`
        : `${field} ${sql} ${modifier}(${literal(text)})`
    }
  }
}

function arrayLiteral(values: readonly string[]): string {
  return `{${values.map(value => `"${value.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
}
