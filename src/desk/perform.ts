import { type Operation, type Operations, operations, type Silo } from '#contract'
import type { Clock } from '#kernel'
import { type Caller, isOperator } from './caller.ts'
import { checkInput } from './check-input.ts'
import { deskErrors } from './errors.ts'
import type { Handlers } from './handlers.ts'
import { RateLimiter, type RateLimits } from './rate-limit.ts'
import { checkRole, type SiloDirectory, siloOf } from './scope.ts'

export type OperationKey = keyof Operations

/** What a face adds to a call. */
export interface CallFrame {
  /** Of a streaming operation: an item or a step on the way. */
  emit(item: unknown): void
  /** Aborts when the caller left. */
  readonly signal: AbortSignal
}

/** What a handler knows of its call beside the checked input. */
export interface CallContext extends CallFrame {
  readonly caller: Caller
  /** Of operations on one silo: that one. Its id is also in the input, where an alias was before. */
  readonly silo: Silo | undefined
}

/**
 * The one way in, for every face: rate limit, strict validation, role, silo, handler, projection. Throws HangarError for whatever is refused.
 */
export type Perform = (
  caller: Caller,
  key: OperationKey,
  rawInput: unknown,
  frame: CallFrame,
) => Promise<unknown>

export interface PerformParts {
  readonly handlers: Handlers
  readonly silos: SiloDirectory
  readonly clock: Clock
  readonly rateLimits?: RateLimits | undefined
}

export function createPerform(parts: PerformParts): Perform {
  const limiter = new RateLimiter(parts.clock, parts.rateLimits)
  return async (caller, key, rawInput, frame) => {
    const operation: Operation | undefined = operations[key]
    if (!operation) throw deskErrors.noOperation(key)
    if (!isOperator(caller)) {
      const seconds = limiter.take(caller.id)
      if (seconds > 0) throw deskErrors.tooMany(seconds)
    }
    checkRole(caller, operation)
    const input = checkInput(operation, rawInput)
    const silo = siloOf(caller, operation, input, parts.silos)
    const given = silo ? { ...(input as object), silo_id: silo.id } : input
    return parts.handlers[key](given as never, { ...frame, caller, silo })
  }
}
