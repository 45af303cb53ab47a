import { builtInHandlers } from '../schema/built-in.ts'
import {
  type Column,
  type Handler,
  handlerKey,
  type Name,
  type Relationship,
  type Schema,
  type SqlFunction,
  type Table,
} from '../schema/cache.ts'
import { mediaTag } from './media-tag.ts'

/** What is known of the schema, and of time zones, as PostgREST's /schema_cache shows it. */
export function cacheText(schema: Schema, timezones: ReadonlySet<string>): string {
  return JSON.stringify({
    dbMediaHandlers: [...handlersOf(schema).values()],
    dbRelationships: [...schema.relationships].map(([key, list]) => {
      const [{ from } = { from: { schema: '', name: '' } }] = list
      return [[nameOf(from), key.slice(key.indexOf('\0') + 1)], list.map(relationshipOf)]
    }),
    dbRepresentations: [...schema.representations].map(([key, called]) => {
      const [source = '', target = ''] = key.split('\0')
      return [[source, target], { drFunction: called, drSourceType: source, drTargetType: target }]
    }),
    dbRoutines: [...schema.functions.values()].flatMap(list =>
      list[0] ? [[nameOf(list[0]), list.map(routineOf)]] : [],
    ),
    dbTables: [...schema.tables.values()].map(table => [nameOf(table), tableOf(table)]),
    dbTimezones: [...timezones].sort(),
  })
}

/** Those that are built in first, where nothing of the database stands in their place. */
function handlersOf({ handlers }: Schema): Map<string, readonly [of: unknown, by: unknown]> {
  return new Map([
    ...builtInHandlers.map(([type, given, tag]): [string, [unknown, unknown]] => [
      handlerKey(undefined, type),
      [
        [anyElement, mediaTag(type)],
        [{ tag }, mediaTag(given)],
      ],
    ]),
    ...[...handlers].map(([key, handler]): [string, [unknown, unknown]] => [key, handlerOf(key, handler)]),
  ])
}

function handlerOf(key: string, { function: called, target, contentType }: Handler): [unknown, unknown] {
  const of = target ? { contents: nameOf(target), tag: 'RelId' } : anyElement
  const by = { contents: [nameOf(called), of], tag: 'CustomFunc' }
  return [
    [of, mediaTag(key.slice(key.indexOf('\0') + 1))],
    [by, mediaTag(contentType)],
  ]
}

const anyElement = { tag: 'RelAnyElement' }

function nameOf({ schema, name }: Name) {
  return { qiName: name, qiSchema: schema }
}

function tableOf(table: Table) {
  return {
    tableColumns: Object.fromEntries([...table.columns].map(([name, column]) => [name, columnOf(column)])),
    tableDeletable: table.deletable,
    tableDescription: table.description,
    tableInsertable: table.insertable,
    tableIsView: table.isView,
    tableName: table.name,
    tablePKCols: table.primaryKey,
    tableSchema: table.schema,
    tableUpdatable: table.updatable,
  }
}

function columnOf(column: Column) {
  return {
    colDefault: column.default,
    colDescription: column.description,
    colEnum: column.values,
    colMaxLen: column.maxLength,
    colName: column.name,
    colNominalType: column.type,
    colNullable: column.nullable,
    colType: column.shownType,
  }
}

function relationshipOf(one: Relationship) {
  const ends = { relForeignTable: nameOf(one.to), relIsSelf: one.isSelf, relTable: nameOf(one.from) }
  if (one.kind === 'computed')
    return {
      ...ends,
      relFunction: nameOf(one.function),
      relTableAlias: { qiName: '', qiSchema: '' },
      relToOne: one.single,
      tag: 'ComputedRelationship',
    }
  return {
    relCardinality: cardinalityOf(one),
    relFTableIsView: one.toIsView,
    ...ends,
    relTableIsView: one.fromIsView,
    tag: 'Relationship',
  }
}

const cardinalities = {
  'one-to-many': 'O2M',
  'many-to-one': 'M2O',
  'one-to-one': 'O2O',
  'many-to-many': 'M2M',
} as const

function cardinalityOf(one: Extract<Relationship, { kind: 'key' }>) {
  const tag = cardinalities[one.cardinality]
  const { junction } = one
  if (!junction)
    return {
      ...(tag === 'O2O' ? { relIsParent: one.isParent } : {}),
      relColumns: one.pairs,
      relCons: one.constraint,
      tag,
    }
  return {
    contents: {
      junColsSource: junction.fromPairs,
      junColsTarget: junction.toPairs,
      junConstraint1: junction.constraints[0],
      junConstraint2: junction.constraints[1],
      junTable: nameOf(junction.table),
    },
    tag,
  }
}

const volatilities = { i: 'Immutable', s: 'Stable', v: 'Volatile' } as const

function routineOf(one: SqlFunction) {
  const returned = one.composite
    ? { contents: [nameOf(one.returned), false], tag: 'Composite' }
    : { contents: nameOf(one.returned), tag: 'Scalar' }
  return {
    pdDescription: one.description,
    pdFuncSettings: one.settings,
    pdHasVariadic: one.parameters.some(({ variadic }) => variadic),
    pdName: one.name,
    pdParams: one.parameters.map(({ name, type, wideType, required, variadic }) => ({
      ppName: name,
      ppReq: required,
      ppType: type,
      ppTypeMaxLength: wideType,
      ppVar: variadic,
    })),
    pdReturnType: { contents: returned, tag: one.set ? 'SetOf' : 'Single' },
    pdSchema: one.schema,
    pdVolatility: volatilities[one.volatility],
  }
}
