import type { CallPlan } from '../plan/call.ts'
import { returnsScalar, returnsSetOfScalars } from '../schema/cache.ts'
import { bodySql } from './body.ts'
import { columnSql, named } from './fields.ts'
import { ident, join, nothing, type Sql, sql, trusted, value } from './sql.ts'

/** The rows that a function gives; a value as the column `pgrst_scalar`. */
export function callSql({ called, argument, returned }: CallPlan): Sql {
  const isValue = returnsScalar(called) || returnsSetOfScalars(called)
  const columns = returned.length === 0 ? ['*'] : returned
  const shown = isValue
    ? trusted('pgrst_call.pgrst_scalar')
    : join(
        columns.map(name => columnSql({ schema: '', name: 'pgrst_call' }, name)),
        ', ',
      )
  const call = (inner: Sql) =>
    isValue
      ? sql`(SELECT ${named(called)}(${inner}) pgrst_scalar) pgrst_call`
      : sql`${named(called)}(${inner}) pgrst_call`
  if (argument.kind === 'whole')
    return sql`SELECT ${shown} FROM ${call(sql`${value(argument.text)}::${trusted(argument.type)}`)}`
  const { parameters, json } = argument
  if (parameters.length === 0) return sql`SELECT ${shown} FROM ${call(nothing)}`
  const rows = bodySql(json, {
    columns: parameters.map(({ name, wideType }) => ({
      name,
      type: wideType,
      transform: undefined,
      default: undefined,
    })),
    defaults: false,
    onlyFirst: true,
  })
  const given = parameters.map(
    ({ name, variadic }) =>
      sql`${trusted(variadic ? 'VARIADIC ' : '')}${ident(name)} := pgrst_body.${ident(name)}`,
  )
  return sql`SELECT ${shown}${rows}, LATERAL ${call(join(given, ', '))}`
}
