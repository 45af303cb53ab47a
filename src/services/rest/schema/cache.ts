/** What the service knows of the exposed schemas. */
export interface Schema {
  /** By `schema.name`. */
  readonly tables: ReadonlyMap<string, Table>
  /** By `schema.name`; overloads in a list. */
  readonly functions: ReadonlyMap<string, readonly SqlFunction[]>
  /** By `schema.name` of where they start. */
  readonly relationships: ReadonlyMap<string, readonly Relationship[]>
}

export interface Table {
  readonly schema: string
  readonly name: string
  readonly primaryKey: readonly string[]
  readonly columns: ReadonlyMap<string, string>
}

export interface SqlFunction {
  readonly schema: string
  readonly name: string
  readonly parameters: readonly {
    readonly name: string
    readonly type: string
    readonly required: boolean
    readonly variadic: boolean
  }[]
  readonly returns: {
    readonly set: boolean
    readonly kind: 'scalar' | 'composite' | 'void'
    /** `schema.name` of the table whose rows are returned, for embedding. */
    readonly table: string | null
  }
  readonly volatility: 'i' | 's' | 'v'
}

export interface Relationship {
  readonly from: string
  readonly to: string
  readonly kind: 'many-to-one' | 'one-to-many' | 'one-to-one' | 'many-to-many'
  readonly constraint: string
  readonly pairs: readonly (readonly [from: string, to: string])[]
  readonly junction?: {
    readonly table: string
    readonly fromPairs: readonly (readonly [from: string, junction: string])[]
    readonly toPairs: readonly (readonly [junction: string, to: string])[]
    readonly constraints: readonly [string, string]
  }
}
