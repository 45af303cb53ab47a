import type { Database } from '../database/database.ts'
import { scopeStatements } from '../database/scope.ts'
import type { Caller } from '../identity/tokens.ts'
import type { Call } from '../request/call.ts'
import type { Schema } from '../schema/cache.ts'
import type { KnownSchema, SchemaSource } from '../schema/source.ts'
import type { RestSettings } from '../settings.ts'
import type { Sql, Statement } from '../sql/sql.ts'
import { estimateStatement, type Outcome, readEstimate, readOutcome } from '../sql/statement.ts'

/** One instance of the service. */
export interface RestParts {
  readonly settings: RestSettings
  readonly database: Database
  readonly schemas: SchemaSource
  identify(authorization: string | undefined): Promise<Caller>
}

/** One request with all that is known about it. */
export interface Handling {
  readonly parts: RestParts
  readonly call: Call
  readonly caller: Caller
  readonly known: KnownSchema
  readonly schema: Schema
}

export interface Execution {
  readonly statement: Statement
  /** To be estimated by the planner. */
  readonly estimated?: Sql | undefined
  readonly readOnly: boolean
  /** Looks at the outcome before it is committed; what it throws takes everything back. */
  readonly check?: ((outcome: Outcome) => void) | undefined
}

/** Runs the one statement of a request as its caller. */
export async function execute(
  { parts, call, caller, known }: Handling,
  execution: Execution,
): Promise<Outcome> {
  const { statement, estimated, readOnly, check } = execution
  const { end } = parts.settings
  const { tx } = call.preferences
  const [rows, estimate] = await parts.database.transact({
    guard: known.guard,
    scope: scopeStatements(parts.settings, {
      request: call.request,
      caller,
      schemaName: call.schemaName,
      path: call.path,
      timezone: call.preferences.timezone,
    }),
    main: estimated ? [statement, estimateStatement(estimated)] : [statement],
    readOnly,
    rollback: tx === undefined ? end.rollback : tx === 'rollback',
    check: check && (([own]) => check(readOutcome(own?.[0]))),
  })
  const outcome = isExplain(statement)
    ? { ...readOutcome(undefined), body: (rows ?? []).map(([line]) => line).join('\n') }
    : readOutcome(rows?.[0])
  if (!estimated) return outcome
  // What was counted to the end is exact; what was not is at least what was seen.
  const { maxRows } = parts.settings
  const exact = outcome.total !== undefined && maxRows !== undefined && outcome.total <= maxRows
  if (exact) return outcome
  return { ...outcome, total: Math.max(outcome.total ?? outcome.rows, readEstimate(estimate?.[0])) }
}

function isExplain({ text }: Statement): boolean {
  return text.startsWith('explain ')
}

/** Headers that every answer to a request for a schema has. */
export function profileHeader({ call }: Handling): Record<string, string> {
  return call.showsProfile ? { 'content-profile': call.schemaName } : {}
}
