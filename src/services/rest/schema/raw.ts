import type { Column, Name, Pairs, SqlFunction, Table } from './cache.ts'

/** What the catalogue queries give. */
export interface RawTable extends Omit<Table, 'columns'> {
  readonly oid: number
  readonly columns: readonly (Omit<Column, 'shownType'> & { readonly number: number })[]
}

export interface RawKey {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly pairs: Pairs
  /** Whether the columns are a key of their own table too: at most one row here for each there. */
  readonly unique: boolean
}

export interface RawFunction extends Omit<SqlFunction, 'table'>, Name {
  readonly rows: number
  /** oid of the table whose row is the only argument, or that is returned. */
  readonly argument: number | null
  readonly table: number | null
}

export interface RawSchema {
  readonly tables: readonly RawTable[] | null
  readonly keys: readonly RawKey[] | null
  readonly views: readonly { readonly oid: number; readonly rule: string }[] | null
  readonly functions: readonly RawFunction[] | null
  readonly descriptions: Readonly<Record<string, string>> | null
}
