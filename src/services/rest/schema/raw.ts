import type { Column, Name, Pairs, SqlFunction, Table } from './cache.ts'

/** What the catalogue queries give. */
export interface RawTable extends Omit<Table, 'columns'> {
  readonly oid: number
  /** Partitions are read and written through their parents. */
  readonly isPartition: boolean
  readonly columns: readonly (Column & { readonly number: number })[]
}

export interface RawKey {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly pairs: Pairs
  /** Whether the columns are a key of their own table too: at most one row here for each there. */
  readonly unique: boolean
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
  readonly tables: readonly RawTable[] | null
  readonly keys: readonly RawKey[] | null
  readonly views: readonly { readonly oid: number; readonly rule: string }[] | null
  readonly functions: readonly SqlFunction[] | null
  readonly computed: readonly RawComputed[] | null
  readonly representations: readonly RawRepresentation[] | null
  readonly handlers: readonly RawHandler[] | null
  readonly descriptions: Readonly<Record<string, string>> | null
}
