import type { Column, Name, SqlFunction, Table } from './cache.ts'

/** What the catalogue queries give. */
export interface RawTable extends Omit<Table, 'columns'> {
  readonly oid: number
  /** Partitions are read and written through their parents. */
  readonly isPartition: boolean
  readonly columns: readonly (Column & { readonly number: number })[]
}

/** A foreign key; columns by their numbers. */
export interface RawKey {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly columns: readonly number[]
  readonly targets: readonly number[]
  /** Whether the columns are a key of their own table too: at most one row here for each there. */
  readonly unique: boolean
}

/** A view with what it does when it is read, as PostgreSQL keeps it. */
export interface RawView {
  readonly oid: number
  readonly rule: string
}

/** Functions of a row that give rows. */
export interface RawComputed {
  readonly function: Name
  readonly from: Name
  readonly to: Name
  readonly single: boolean
}

export interface RawHandler {
  readonly function: Name
  readonly target: Name
  readonly mediaType: string
  readonly contentType: string
  readonly isBytes: boolean
}

export interface RawRepresentation {
  readonly source: string
  readonly target: string
  readonly function: string
}

export interface RawSchema {
  readonly tables: readonly RawTable[]
  readonly keys: readonly RawKey[]
  readonly views: readonly RawView[]
  readonly functions: readonly SqlFunction[]
  readonly computed: readonly RawComputed[]
  readonly representations: readonly RawRepresentation[]
  readonly handlers: readonly RawHandler[]
  /** Schemas and their comments. */
  readonly descriptions: readonly (readonly [string, string])[]
}

/** What one row of each query says. */
export const rawRows: { readonly [K in keyof RawSchema]: (row: string) => RawSchema[K][number] } = {
  tables: readTable,
  keys(row) {
    const [name, from, to, columns, targets, unique] = JSON.parse(row)
    return { name, from, to, columns, targets, unique }
  },
  views(row) {
    const [oid, rule] = JSON.parse(row)
    return { oid, rule }
  },
  functions: row => JSON.parse(row),
  computed: row => JSON.parse(row),
  representations: row => JSON.parse(row),
  handlers: row => JSON.parse(row),
  descriptions: row => JSON.parse(row),
}

type ColumnRow = readonly [
  name: string,
  number: number,
  type: string,
  shownType: string,
  nullable: boolean,
  expression: string | null,
  maxLength: number | null,
  description: string | null,
  values: readonly string[],
]

/** Bits of pg_relation_is_updatable. */
const can = { update: 4, insert: 8, delete: 16 }

function readTable(row: string): RawTable {
  const [oid, schema, name, isView, isPartition, description, rights, primaryKey, columns] = JSON.parse(row)
  return {
    oid,
    schema,
    name,
    isView,
    isPartition,
    description,
    insertable: (rights & can.insert) !== 0,
    updatable: (rights & can.update) !== 0,
    deletable: (rights & can.delete) !== 0,
    primaryKey,
    columns: (columns as ColumnRow[]).map(
      ([column, number, type, shownType, nullable, expression, maxLength, about, values]) => ({
        name: column,
        number,
        type,
        shownType,
        nullable,
        default: expression,
        maxLength,
        description: about,
        values,
      }),
    ),
  }
}
