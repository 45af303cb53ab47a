import type { z } from 'zod'

/**
 * One thing the desk can do, defined once. Routes, client, CLI, reference page and (later) MCP tools, role checks and audit records
 * are projections of it.
 */
export interface Operation<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  /** `noun.verb`; stable. */
  readonly name: string
  readonly summary: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** With `:parameters` that are fields of the input. */
  readonly path: string
  readonly input: I
  /** Of a streaming operation: one item of the stream. */
  readonly output: O
  readonly changes: boolean
  /** Answers with lines of JSON: items while it runs, then `{result}` or `{error}`. */
  readonly streams?: 'progress' | 'items'
}

/** Helps TypeScript to keep the exact schemas of an operation. */
export function operation<I extends z.ZodType, O extends z.ZodType>(
  definition: Operation<I, O>,
): Operation<I, O> {
  return Object.freeze(definition)
}
