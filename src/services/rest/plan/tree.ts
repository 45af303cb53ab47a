import type { Aggregate, Join, JsonStep, Operation, OrderTerm } from '../request/ast.ts'
import type { Range } from '../request/range.ts'
import type { Name, Pairs, Relationship } from '../schema/cache.ts'

/** A column with what the schema says of it. */
export interface ResolvedField {
  readonly name: string
  readonly path: readonly JsonStep[]
  /** Whether a path into it goes through to_jsonb, because it is not JSON itself. */
  readonly toJson: boolean
  /** Type of the column, or of what is put into `transform`; empty when nothing is known. */
  readonly type: string
  /** A function between the column's type and the request's or the answer's. */
  readonly transform: string | undefined
  /** Its default, as an expression. */
  readonly default: string | undefined
  /** The row as a whole instead of all columns. */
  readonly wholeRow: boolean
}

export interface PlannedField {
  readonly field: ResolvedField
  readonly aggregate: Aggregate | undefined
  readonly aggregateCast: string | undefined
  readonly cast: string | undefined
  readonly alias: string | undefined
}

export type PlannedLogic =
  | {
      readonly kind: 'filter'
      readonly field: ResolvedField
      readonly negated: boolean
      readonly operation: Operation
    }
  | { readonly kind: 'and' | 'or'; readonly negated: boolean; readonly members: readonly PlannedLogic[] }
  /** Whether nothing is embedded; `negated`: whether something is. */
  | { readonly kind: 'no-embed'; readonly alias: string; readonly negated: boolean }

export interface PlannedOrder extends Omit<OrderTerm, 'field' | 'relation'> {
  readonly field: ResolvedField
  /** Alias of an embedded resource that the column belongs to. */
  readonly relation: string | undefined
}

/** A field that something spread gives to what it is spread in. */
export interface SpreadField {
  readonly name: string
  readonly aggregate: Aggregate | undefined
  readonly aggregateCast: string | undefined
  readonly alias: string | undefined
}

/** How something embedded shows in the result. */
export type EmbedSelect =
  | {
      readonly kind: 'json'
      readonly name: string
      readonly alias: string
      readonly many: boolean
      /** Not shown: it is there for its filters only. */
      readonly hidden: boolean
    }
  | { readonly kind: 'spread'; readonly alias: string; readonly fields: readonly SpreadField[] }

export interface JoinCondition {
  readonly left: Name
  readonly right: Name
  readonly pairs: Pairs
}

/** A read of one source and of what is embedded in it. Built in passes, from the request's tree on; after planning nothing changes it. */
export interface ReadPlan {
  fields: readonly PlannedField[]
  from: Name
  alias: string | undefined
  filters: readonly PlannedLogic[]
  order: readonly PlannedOrder[]
  range: Range
  readonly depth: number
  children: ReadPlan[]
  embeds: readonly EmbedSelect[]
  /** What of it is embedded in something else. */
  readonly relationName: string
  readonly relationAlias: string | undefined
  readonly hint: string | undefined
  readonly join: Join | undefined
  readonly spread: boolean
  relationship: Relationship | undefined
  /** What is before it, as a function of a row is called with it. */
  parentRow: Name | undefined
  conditions: readonly JoinCondition[]
  /** Alias of its lateral join. */
  joinAlias: string
}

/** How the request calls what is embedded. */
export function nameOf({ relationAlias, relationName }: ReadPlan): string {
  return relationAlias ?? relationName
}

export const sourceName: Name = { schema: '', name: 'pgrst_source' }
