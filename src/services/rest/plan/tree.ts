import type { AggregateName, Condition, JsonStep } from '../request/ast.ts'
import type { Relationship, Table } from '../schema/cache.ts'

/** A column of a source, resolved: what the SQL needs and nothing of the request's wording. */
export interface PlannedPath {
  /** Alias of the source. */
  readonly source: string
  readonly column: string
  readonly steps: readonly JsonStep[]
  /** Whether the column is JSON already; if not, a path into it goes through to_jsonb. */
  readonly isJson: boolean
}

export interface PlannedField {
  readonly path: PlannedPath
  readonly cast: string | undefined
  readonly aggregate: AggregateName | undefined
  readonly aggregateCast: string | undefined
  /** Its name in the result; undefined: the column's own. */
  readonly name: string | undefined
}

export type PlannedFilter =
  | { readonly kind: 'condition'; readonly path: PlannedPath; readonly condition: Condition }
  | { readonly kind: 'and' | 'or'; readonly negated: boolean; readonly members: readonly PlannedFilter[] }
  /** Whether something is embedded at all. */
  | { readonly kind: 'embedded'; readonly embed: string; readonly many: boolean; readonly exists: boolean }

export interface PlannedOrder {
  readonly path: PlannedPath
  /** The embedded resource that the column belongs to, when its rows do not show that column. */
  readonly hiddenIn: PlannedEmbed | undefined
  readonly descending: boolean
  readonly nulls: 'first' | 'last' | undefined
}

export interface PlannedEmbed {
  /** Its key in the result. */
  readonly name: string
  /** Alias of its lateral join. */
  readonly alias: string
  readonly junctionAlias: string
  readonly relationship: Relationship
  readonly inner: boolean
  readonly spread: boolean
  readonly plan: ReadPlan
}

/** A read of one source and of what is embedded in it. */
export interface ReadPlan {
  readonly alias: string
  /** Undefined when nothing is known of its columns. */
  readonly table: Table | undefined
  readonly fields: readonly PlannedField[]
  readonly embeds: readonly PlannedEmbed[]
  readonly filters: readonly PlannedFilter[]
  readonly order: readonly PlannedOrder[]
  readonly limit: number | undefined
  readonly offset: number
}

/** Whether rows are grouped at this level: it has an aggregate itself or takes one over from what is spread in it. */
export function isGrouped(plan: ReadPlan): boolean {
  return (
    plan.fields.some(hasAggregate) ||
    plan.embeds.some(({ spread, plan: inner }) => spread && isGrouped(inner))
  )
}

export function hasAggregate({ aggregate }: PlannedField): boolean {
  return aggregate !== undefined
}
