import type * as z from 'zod'
import type { AgentRole } from '../roles.ts'

/**
 * One thing the desk can do, defined once. REST route, OpenAPI, MCP tool, client, CLI, role check, audit record and reference page are
 * projections of it.
 */
export interface Operation<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  /** `noun.verb`; stable. */
  readonly name: string
  readonly summary: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** With `:parameters` that are fields of the input. */
  readonly path: string
  /** Further paths without parameters, for documented names; all input comes as query (GET) or body. */
  readonly also?: readonly string[]
  /** Strict: a field that it does not name is refused, so that a caller's mistake is never taken for a wish. */
  readonly input: I
  /** Of a streaming operation: one item of the stream. */
  readonly output: O
  readonly changes: boolean
  /** Agents that may call it. The operator may call everything. */
  readonly roles: readonly AgentRole[]
  /**
   * What it reaches. `silo`: the one that the input names as `silo_id`; the caller must hold it. `held`: the silos that the caller holds; the
   * handler answers for those alone. `host`: more than silos; refused to callers who are bound to some silos.
   */
  readonly scope: 'silo' | 'held' | 'host'
  /** `configurable`: the operator decides whether agents need an approval for it. */
  readonly approval: 'never' | 'configurable'
  readonly annotations?: {
    /** What it does cannot be taken back by another call. */
    readonly destructive?: boolean
    /** A second call with the same input changes nothing more. */
    readonly idempotent?: boolean
  }
  /** Fields of the input whose values are never written to the audit. */
  readonly sensitive?: readonly string[]
  /** Fields of the output may be absent: each role sees its part of them. */
  readonly projected?: true
  /** Name of the MCP tool; null: not offered to agents over MCP. */
  readonly tool: string | null
  /** The CLI's command; null: none. */
  readonly command: string | null
  /** Answers with lines of JSON: items while it runs, then `{result}` or `{error}`. */
  readonly streams?: 'progress' | 'items'
}

/** Helps TypeScript to keep the exact schemas of an operation. */
export function operation<I extends z.ZodType, O extends z.ZodType>(
  definition: Operation<I, O>,
): Operation<I, O> {
  return Object.freeze(definition)
}

/** Of operations that only the operator may call. */
export const operatorOnly = {
  roles: [],
  scope: 'host',
  approval: 'never',
  tool: null,
} as const satisfies Partial<Operation>
