import type * as z from 'zod'
import { platformErrors } from './errors.ts'

/** Reads a body by a schema; the first thing that is wrong becomes a 400 that names it. */
export function bodyOf<T extends z.ZodType>(body: unknown, schema: T): z.output<T> {
  const parsed = schema.safeParse(body ?? {})
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = issue?.path.join('.') ?? ''
  throw platformErrors.badRequest(
    `invalid request body${path ? `, field ${path}` : ''}: ${issue?.message ?? 'it is malformed'}`,
  )
}
