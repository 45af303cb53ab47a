import type { PlannedLogic, ResolvedField } from '../plan/tree.ts'
import type { Operation, QuantOperator, SimpleOperator, TextSearch } from '../request/ast.ts'
import type { Name } from '../schema/cache.ts'
import { fieldSql, transformedSql } from './fields.ts'
import { ident, join, nothing, type Sql, sql, trusted, value } from './sql.ts'

const simpleOperators: Readonly<Record<SimpleOperator, string>> = {
  neq: '<>',
  cs: '@>',
  cd: '<@',
  ov: '&&',
  sl: '<<',
  sr: '>>',
  nxr: '&<',
  nxl: '&>',
  adj: '-|-',
}

const quantOperators: Readonly<Record<QuantOperator, string>> = {
  eq: '=',
  gte: '>=',
  gt: '>',
  lte: '<=',
  lt: '<',
  like: 'like',
  ilike: 'ilike',
  match: '~',
  imatch: '~*',
}

const searches: Readonly<Record<TextSearch, string>> = {
  fts: 'to_tsquery',
  plfts: 'plainto_tsquery',
  phfts: 'phraseto_tsquery',
  wfts: 'websearch_to_tsquery',
}

/** Whether something is embedded, where a query only counts: undefined lets it be asked of what is joined. */
export type EmbedQuestion = (alias: string, negated: boolean) => Sql

export function logicSql(source: Name, logic: PlannedLogic, ofEmbed: EmbedQuestion = joinedQuestion): Sql {
  switch (logic.kind) {
    case 'filter':
      return sql`${not(logic.negated)} ${fieldSql(source, logic.field)}${operationSql(logic.field, logic.operation)}`
    case 'no-embed':
      return ofEmbed(logic.alias, logic.negated)
    default: {
      const members = logic.members.map(member => logicSql(source, member, ofEmbed))
      return sql`${not(logic.negated)} (${join(members, logic.kind === 'and' ? ' AND ' : ' OR ')})`
    }
  }
}

function joinedQuestion(alias: string, negated: boolean): Sql {
  return sql`${ident(alias)} IS ${trusted(negated ? '' : 'NOT ')}DISTINCT FROM NULL`
}

function not(negated: boolean): Sql {
  return negated ? trusted('NOT') : nothing
}

function operationSql(field: ResolvedField, operation: Operation): Sql {
  switch (operation.kind) {
    case 'simple':
      return sql` ${trusted(simpleOperators[operation.operator])} ${transformedSql(field, value(operation.value))}`
    case 'quantified': {
      const isPattern = operation.operator === 'like' || operation.operator === 'ilike'
      // Stars need no escaping in an address; percent signs do.
      const operand = isPattern
        ? value(operation.value.replaceAll('*', '%'))
        : transformedSql(field, value(operation.value))
      return sql` ${trusted(quantOperators[operation.operator])} ${quantified(operand, operation.quantifier)}`
    }
    case 'in':
      return inSql(field, operation.values)
    case 'is':
      return trusted(` IS ${operation.value.toUpperCase()}`)
    case 'distinct':
      return sql` IS DISTINCT FROM ${value(operation.value)}`
    case 'search': {
      const language = operation.language === undefined ? nothing : sql`${value(operation.language)}, `
      return sql` @@ ${trusted(searches[operation.operator])}(${language}${value(operation.value)}) `
    }
  }
}

function quantified(operand: Sql, quantifier: 'any' | 'all' | undefined): Sql {
  return quantifier === undefined ? operand : sql`${trusted(quantifier.toUpperCase())}(${operand})`
}

/** One list whatever its length, so that the statement stays the same. */
function inSql(field: ResolvedField, values: readonly string[]): Sql {
  if (values.length === 1 && values[0] === '') return trusted(` = ANY('{}') `)
  const list = value(arrayLiteral(values))
  if (field.transform === undefined) return sql` = ANY (${list}) `
  return sql` = ANY ((SELECT ${trusted(field.transform)}(unnest(${list}::text[])))) `
}

function arrayLiteral(values: readonly string[]): string {
  return `{${values.map(text => `"${text.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
}

export function whereSql(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? nothing : sql` WHERE ${join(conditions, ' AND ')}`
}
