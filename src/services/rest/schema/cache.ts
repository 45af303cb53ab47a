/** What the service knows of the database. */
export interface Schema {
  /** By `tableKey`, those of the exposed schemas. */
  readonly tables: ReadonlyMap<string, Table>
  /** By `tableKey`; overloads in a list, those with the fewest parameters first. */
  readonly functions: ReadonlyMap<string, readonly SqlFunction[]>
  /** By `relationKey`: the table where they start and the schema that they lead to, in a fixed order. */
  readonly relationships: ReadonlyMap<string, readonly Relationship[]>
  /** By `representationKey`: the function that makes one type of another. */
  readonly representations: ReadonlyMap<string, string>
  /** By `handlerKey`. */
  readonly handlers: ReadonlyMap<string, Handler>
  /** Comments of the exposed schemas. */
  readonly descriptions: ReadonlyMap<string, string>
}

export interface Name {
  /** Empty where a name stands alone. */
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
  /** As people write it; of a domain, what it is made of. */
  readonly shownType: string
  readonly nullable: boolean
  /** An expression. */
  readonly default: string | null
  readonly maxLength: number | null
  readonly description: string | null
  readonly values: readonly string[]
}

export interface Parameter {
  readonly name: string
  readonly type: string
  /** The type without a length. */
  readonly wideType: string
  readonly required: boolean
  readonly variadic: boolean
}

export interface SqlFunction extends Name {
  readonly description: string | null
  readonly parameters: readonly Parameter[]
  readonly set: boolean
  readonly composite: boolean
  /** What it returns; of a composite type, the table. */
  readonly returned: Name
  readonly volatility: 'i' | 's' | 'v'
  readonly isolation: string | null
  readonly settings: readonly (readonly [name: string, value: string])[]
}

export type Pairs = readonly (readonly [from: string, to: string])[]
export type Cardinality = 'one-to-many' | 'many-to-one' | 'one-to-one' | 'many-to-many'

interface RelationshipEnds {
  readonly from: Name
  readonly to: Name
  readonly isSelf: boolean
}

/** By a foreign key, or by two in a junction. */
export interface KeyRelationship extends RelationshipEnds {
  readonly kind: 'key'
  readonly cardinality: Cardinality
  readonly fromIsView: boolean
  readonly toIsView: boolean
  /** Name of the foreign key; empty with a junction. */
  readonly constraint: string
  /** Columns here and there; of a junction, empty. */
  readonly pairs: Pairs
  /** Of one-to-one: whether the key is on the other side. */
  readonly isParent: boolean
  readonly junction: Junction | undefined
}

/** By a function that takes a row. */
export interface ComputedRelationship extends RelationshipEnds {
  readonly kind: 'computed'
  readonly function: Name
  readonly single: boolean
}

export type Relationship = KeyRelationship | ComputedRelationship

export interface Junction {
  readonly table: Name
  readonly constraints: readonly [string, string]
  readonly fromPairs: Pairs
  /** Columns of the far table, and of the junction. */
  readonly toPairs: Pairs
}

/** What writes an answer of a media type. */
export interface Handler {
  readonly function: Name
  /** The table that it is for; undefined: any. */
  readonly target: Name | undefined
  /** What the answer is called. */
  readonly contentType: string
  readonly isBytes: boolean
}

export function tableKey({ schema, name }: Name): string {
  return `${schema}.${name}`
}

export function relationKey(from: Name, toSchema: string): string {
  return `${from.schema}.${from.name}\0${toSchema}`
}

export function representationKey(source: string, target: string): string {
  return `${source}\0${target}`
}

/** `target`: the table, undefined for any. */
export function handlerKey(target: Name | undefined, mediaType: string): string {
  return `${target ? tableKey(target) : ''}\0${mediaType}`
}

export function isToOne(relationship: Relationship): boolean {
  if (relationship.kind === 'computed') return relationship.single
  return relationship.cardinality === 'many-to-one' || relationship.cardinality === 'one-to-one'
}

export function returnsScalar({ set, composite }: SqlFunction): boolean {
  return !set && !composite
}

export function returnsSetOfScalars({ set, composite }: SqlFunction): boolean {
  return set && !composite
}

export function returnsOneRow({ set, composite }: SqlFunction): boolean {
  return !set && composite
}

export function returnsNothing({ set, composite, returned }: SqlFunction): boolean {
  return !set && !composite && returned.schema === 'pg_catalog' && returned.name === 'void'
}
