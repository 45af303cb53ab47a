/** What the service knows of the database. */
export interface Schema {
  /** By `tableKey`; also those of schemas that are not exposed, when relationships lead through them. */
  readonly tables: ReadonlyMap<string, Table>
  /** By `tableKey`; overloads in a list. */
  readonly functions: ReadonlyMap<string, readonly SqlFunction[]>
  /** By `tableKey` of where they start. */
  readonly relationships: ReadonlyMap<string, readonly Relationship[]>
  /** Comments of the exposed schemas. */
  readonly descriptions: ReadonlyMap<string, string>
}

export interface Name {
  readonly schema: string
  readonly name: string
}

export interface Table extends Name {
  readonly isView: boolean
  readonly description: string | null
  readonly insertable: boolean
  readonly updatable: boolean
  readonly deletable: boolean
  readonly primaryKey: readonly string[]
  readonly columns: ReadonlyMap<string, Column>
}

export interface Column {
  readonly name: string
  /** As it can stand in a statement, whatever the search path is. */
  readonly type: string
  /** As people write it. */
  readonly shownType: string
  readonly nullable: boolean
  /** An expression. */
  readonly default: string | null
  readonly maxLength: number | null
  readonly description: string | null
  readonly values: readonly string[] | null
}

export interface Parameter {
  readonly name: string
  readonly type: string
  readonly required: boolean
  readonly variadic: boolean
}

export interface SqlFunction extends Name {
  readonly description: string | null
  readonly parameters: readonly Parameter[]
  readonly set: boolean
  readonly kind: 'scalar' | 'composite' | 'void'
  /** The type of a scalar; `text/html` and the like are domains that name the media type. */
  readonly type: Name
  readonly isBytes: boolean
  /** `tableKey` of the table whose rows are returned. */
  readonly table: string | null
  readonly volatility: 'i' | 's' | 'v'
}

export type Pairs = readonly (readonly [from: string, to: string])[]

export interface Relationship {
  readonly kind: 'foreign-key' | 'junction' | 'computed'
  readonly cardinality: 'many-to-one' | 'one-to-many' | 'one-to-one' | 'many-to-many'
  readonly from: Name
  readonly to: Name
  readonly toIsView: boolean
  readonly isSelf: boolean
  /** Name of the foreign key; of a computed one, the function. */
  readonly constraint: string
  /** Columns here and there; empty for the other kinds. */
  readonly pairs: Pairs
  readonly junction?: Junction
  readonly computed?: Name
}

export interface Junction {
  readonly table: Name
  readonly constraints: readonly [string, string]
  readonly fromPairs: Pairs
  readonly toPairs: Pairs
}

export function tableKey({ schema, name }: Name): string {
  return `${schema}.${name}`
}

export function isMany({ cardinality }: Relationship): boolean {
  return cardinality.endsWith('to-many')
}
