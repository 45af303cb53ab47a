/** A column, perhaps something inside its JSON. */
export interface Field {
  readonly name: string
  readonly path: readonly JsonStep[]
}

export interface JsonStep {
  readonly arrow: '->' | '->>'
  /** A key; of an index, its number with a sign. */
  readonly key: string
  readonly isIndex: boolean
}

export type Aggregate = 'sum' | 'avg' | 'count' | 'max' | 'min'
export type Join = 'inner' | 'left'

export interface SelectedField {
  readonly kind: 'field'
  readonly field: Field
  readonly alias: string | undefined
  readonly cast: string | undefined
  readonly aggregate: Aggregate | undefined
  readonly aggregateCast: string | undefined
}

export interface SelectedRelation {
  readonly kind: 'relation'
  readonly relation: string
  readonly alias: string | undefined
  readonly hint: string | undefined
  readonly join: Join | undefined
  /** Its fields become fields of what it is embedded in. */
  readonly spread: boolean
  readonly items: readonly SelectItem[]
}

export type SelectItem = SelectedField | SelectedRelation

export type SimpleOperator = 'neq' | 'cs' | 'cd' | 'ov' | 'sl' | 'sr' | 'nxr' | 'nxl' | 'adj'
export type QuantOperator = 'eq' | 'gte' | 'gt' | 'lte' | 'lt' | 'like' | 'ilike' | 'match' | 'imatch'
export type TextSearch = 'fts' | 'plfts' | 'phfts' | 'wfts'

export type Operation =
  | { readonly kind: 'simple'; readonly operator: SimpleOperator; readonly value: string }
  | {
      readonly kind: 'quantified'
      readonly operator: QuantOperator
      readonly quantifier: 'any' | 'all' | undefined
      readonly value: string
    }
  | { readonly kind: 'in'; readonly values: readonly string[] }
  | { readonly kind: 'is'; readonly value: 'null' | 'true' | 'false' | 'unknown' }
  | { readonly kind: 'distinct'; readonly value: string }
  | {
      readonly kind: 'search'
      readonly operator: TextSearch
      readonly language: string | undefined
      readonly value: string
    }

export interface Condition {
  readonly negated: boolean
  readonly operation: Operation
}

export interface Filter extends Condition {
  readonly kind: 'filter'
  readonly field: Field
}

export interface LogicGroup {
  readonly kind: 'and' | 'or'
  readonly negated: boolean
  readonly members: readonly Logic[]
}

export type Logic = Filter | LogicGroup

export interface OrderTerm {
  readonly field: Field
  /** An embedded to-one resource whose column orders the rows. */
  readonly relation: string | undefined
  readonly direction: 'asc' | 'desc' | undefined
  readonly nulls: 'first' | 'last' | undefined
}

/** Names of what is embedded in what, from the outside in. */
export type EmbedPath = readonly string[]

/** Something that is said of one level of the request. */
export type At<T> = readonly [path: EmbedPath, said: T]
