import type { Clock } from '#kernel'
import type { WireRequest } from '#wire'
import { amended } from '../amended.ts'
import type { Database } from '../database/database.ts'
import { scopeStatements } from '../database/scope.ts'
import { restErrors } from '../errors.ts'
import type { Caller, Identify } from '../identity/tokens.ts'
import type { Presence } from '../presence.ts'
import type { Call } from '../request/call.ts'
import type { KnownQueries } from '../request/known-queries.ts'
import type { Media } from '../request/media.ts'
import type { Timing } from '../response/timing.ts'
import type { Schema, SqlFunction } from '../schema/cache.ts'
import type { KnownSchema, SchemaSource } from '../schema/source.ts'
import type { RestSettings } from '../settings.ts'
import type { Statement } from '../sql/sql.ts'
import { type Outcome, readEstimate, readOutcome } from '../sql/statement.ts'
import type { PlannedChange } from './change.ts'
import type { PlannedCall } from './function.ts'
import type { KnownPlans } from './known-plans.ts'
import type { PlannedRead } from './read.ts'

/** One instance of the service. */
export interface RestParts {
  readonly database: Database
  readonly schemas: SchemaSource
  readonly clock: Clock
  readonly queries: KnownQueries
  readonly reads: KnownPlans<PlannedRead>
  readonly changes: KnownPlans<PlannedChange>
  readonly calls: KnownPlans<PlannedCall>
  identifyWith(settings: RestSettings): Identify
  /** Is told as whom a request is done, where the log asks for it. */
  noteRole?(request: WireRequest, role: string): void
  /** Names that the database knows; read once. */
  timezones(): Promise<ReadonlySet<string>>
}

/** One request with all that is known about it. */
export interface Handling {
  readonly parts: RestParts
  readonly call: Call
  readonly caller: Caller
  readonly known: KnownSchema
  readonly schema: Schema
  readonly settings: RestSettings
  readonly timing: Timing
  readonly presence: Presence
}

export interface Execution {
  readonly statement: Statement
  /** Explained, not done: all of its lines are the body. */
  readonly media?: Media | undefined
  /** To be estimated by the planner. */
  readonly estimated?: Statement | undefined
  readonly readOnly: boolean
  readonly called?: SqlFunction | undefined
  /** Looks at the outcome before it is committed; what it throws takes everything back. */
  readonly check?: ((outcome: Outcome) => void) | undefined
}

/** Runs the one statement of a request as its caller. */
export async function execute(handling: Handling, execution: Execution): Promise<Executed> {
  const { parts, call, caller, known, settings, timing, presence } = handling
  const { statement, media, estimated, readOnly, called, check } = execution
  const { end } = settings
  const { tx } = call.preferences
  const role = known.roles.get(caller.role)
  timing.ended('plan')
  const [rows, estimate] = await parts.database.transact({
    guarded: known.version !== undefined,
    scope: scopeStatements(settings, {
      version: known.version,
      readOnly,
      request: call.request,
      caller,
      schemaName: call.schemaName,
      path: call.path,
      timezone: call.preferences.timezone,
      roleSettings: role?.settings ?? [],
      functionSettings: called?.settings ?? [],
    }),
    main: estimated ? [statement, estimated] : [statement],
    readOnly,
    isolation: called?.isolation ?? role?.isolation,
    rollback: tx === undefined ? end.rollback : tx === 'rollback',
    presence,
    check: check && media?.kind !== 'plan' ? ([own]) => check(readOutcome(own?.[0])) : undefined,
  })
  timing.ended('transaction')
  if (media?.kind === 'plan') {
    const plan = (rows ?? []).map(([line]) => `${line}\n`).join('')
    return amended(readOutcome(undefined), { plan, estimate: undefined })
  }
  return amended(readOutcome(rows?.[0]), {
    plan: undefined,
    estimate: estimate && readEstimate(estimate[0]),
  })
}

export interface Executed extends Outcome {
  /** What PostgreSQL would do, when that was asked for. */
  readonly plan: string | undefined
  /** What the planner expects, when that was asked for. */
  readonly estimate: number | undefined
}

/** Throws PGRST122 when unknown preferences are not to be passed over. */
export function checkPreferences({ preferences }: Call): void {
  if (preferences.handling === 'strict' && preferences.unknown.length > 0)
    throw restErrors.preferences(preferences.unknown)
}

/** Headers of every answer to a request for one of several schemas. */
export function profileHeader({ call }: Handling): Record<string, string> {
  return call.showsProfile ? { 'content-profile': call.schemaName } : {}
}
