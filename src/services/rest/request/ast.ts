/** A column, perhaps something inside its JSON. */
export interface FieldPath {
  readonly name: string
  readonly steps: readonly { readonly arrow: '->' | '->>'; readonly key: string }[]
}

export interface ColumnItem {
  readonly kind: 'column'
  readonly field: FieldPath
  readonly alias: string | undefined
  readonly cast: string | undefined
  readonly aggregate: string | undefined
  readonly aggregateCast: string | undefined
}

export interface EmbedItem {
  readonly kind: 'embed'
  readonly relation: string
  readonly alias: string | undefined
  readonly hint: string | undefined
  readonly inner: boolean
  readonly spread: boolean
  readonly items: readonly SelectItem[]
}

export type SelectItem = ColumnItem | EmbedItem

export interface Condition {
  readonly kind: 'condition'
  readonly field: FieldPath
  readonly operator: string
  readonly modifier: 'any' | 'all' | undefined
  readonly language: string | undefined
  readonly negated: boolean
  readonly value: string
}

export interface Group {
  readonly kind: 'and' | 'or'
  readonly negated: boolean
  readonly members: readonly Filter[]
}

export type Filter = Condition | Group

export interface OrderTerm {
  readonly field: FieldPath
  /** An embedded to-one resource whose column orders the rows. */
  readonly relation: string | undefined
  readonly descending: boolean
  readonly nulls: 'first' | 'last' | undefined
}

/** What concerns one level: the resource itself (path empty) or something embedded in it. */
export interface Level {
  readonly filters: Filter[]
  order: readonly OrderTerm[]
  limit: number | undefined
  offset: number
}

export interface Query {
  readonly items: readonly SelectItem[]
  /** By path of embedded names joined with dots; '' is the resource itself. */
  readonly levels: Map<string, Level>
  readonly columns: readonly string[] | undefined
  readonly onConflict: readonly string[] | undefined
  /** Parameters of a function that is called with GET, in their order. */
  readonly args: readonly (readonly [name: string, value: string])[]
}
