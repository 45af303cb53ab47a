import { codeOf } from '#kernel'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import type { HookTarget } from '../settings/hooks.ts'
import type { Json } from '../users/rows.ts'

const timeoutMs = 2000

/** Calls a hook that is a function of the database: jsonb in, jsonb out. */
export async function callFunction(
  transaction: Transaction,
  { schema, name }: HookTarget & { kind: 'function' },
  request: Json,
): Promise<Json> {
  try {
    await transaction.query(`set local statement_timeout to '${timeoutMs}'`)
    // Both names match [a-zA-Z_][a-zA-Z0-9_]*, which the settings checked.
    const rows = await transaction.query<{ answer: unknown }>(
      `select "${schema}"."${name}"($1::jsonb) as answer`,
      [JSON.stringify(request)],
    )
    await transaction.query('set local statement_timeout to default')
    const answer = rows[0]?.answer
    return typeof answer === 'object' && answer !== null ? (answer as Json) : {}
  } catch (error) {
    if (codeOf(error) === '57014') throw errors.hookTimeout(timeoutMs, error)
    throw errors.hookFailed(`Error running hook URI: pg-functions://postgres/${schema}/${name}`, error)
  }
}
