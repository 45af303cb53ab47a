/** A column, perhaps something inside its JSON. */
export interface FieldPath {
  readonly name: string
  readonly steps: readonly JsonStep[]
}

export interface JsonStep {
  readonly arrow: '->' | '->>'
  readonly key: string
}

export const aggregateNames = ['count', 'sum', 'avg', 'max', 'min'] as const
export type AggregateName = (typeof aggregateNames)[number]

export interface ColumnItem {
  readonly kind: 'column'
  readonly field: FieldPath
  readonly alias: string | undefined
  readonly cast: string | undefined
  readonly aggregate: AggregateName | undefined
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
  /** Configuration of a full text search. */
  readonly language: string | undefined
  readonly negated: boolean
  /** A list for `in`, otherwise the text. */
  readonly operand: string | readonly string[]
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
  readonly path: readonly string[]
  readonly filters: readonly Filter[]
  readonly order: readonly OrderTerm[]
  readonly limit: number | undefined
  readonly offset: number
}

export interface Query {
  readonly items: readonly SelectItem[]
  /** By `levelKey` of their paths. */
  readonly levels: ReadonlyMap<string, Level>
  readonly columns: readonly string[] | undefined
  readonly onConflict: readonly string[] | undefined
  /** Parameters of a function that is called with GET, in their order. */
  readonly args: readonly (readonly [name: string, value: string])[]
}

export function levelKey(path: readonly string[]): string {
  return path.join('\0')
}

export function levelAt(query: Query, path: readonly string[]): Level {
  return query.levels.get(levelKey(path)) ?? { path, filters: [], order: [], limit: undefined, offset: 0 }
}
