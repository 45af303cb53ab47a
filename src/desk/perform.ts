import { type Operation, type Operations, operations } from '#contract'
import { asHangarError, type Clock, type HangarError, ulid } from '#kernel'
import type { SiloName } from '#silos'
import type { Approvals } from './approvals.ts'
import type { Audit } from './audit/index.ts'
import { type Caller, isOperator } from './caller.ts'
import { checkInput } from './check-input.ts'
import { deskErrors } from './errors.ts'
import type { Handlers } from './handlers.ts'
import { project } from './project.ts'
import { rateGate } from './rate-gate.ts'
import type { RateLimits } from './rate-limit.ts'
import { redactError, redactedText } from './redact.ts'
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
  readonly silo: SiloName | undefined
}

/**
 * The one way in, for every face: rate limit, role, strict validation, silo, approval, handler, projection by role and phase, and the audit's
 * row before the answer. Throws HangarError for whatever is refused. A call whose audit row cannot be written fails; one that changes something
 * is written down before it begins, and then does not begin.
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
  readonly audit: Audit
  readonly approvals: Approvals
  readonly clock: Clock
  readonly rateLimits?: RateLimits | undefined
}

export function createPerform(parts: PerformParts): Perform {
  const gate = rateGate(parts)
  return async (caller, key, rawInput, frame) => {
    const operation: Operation | undefined = Object.hasOwn(operations, key) ? operations[key] : undefined
    if (!operation) throw deskErrors.noOperation(String(key))
    gate.pass(caller, operation)
    const record = new CallRecord(parts, caller, operation, rawInput)
    try {
      const begun = admitted(parts, record, key, rawInput, frame)
      const output = begun instanceof Promise ? await begun : begun
      const shown = project(caller, operation, output)
      await record.end('ok', null)
      return shown
    } catch (thrown) {
      const error = asHangarError(thrown, operation.name)
      if (!record.ended) await record.end(error.status < 500 ? 'refused' : 'failed', error.code)
      throw isOperator(caller) ? error : redactError(error)
    }
  }
}

/** Everything that may refuse a call, in order, then its handler. */
function admitted(
  parts: PerformParts,
  record: CallRecord,
  key: OperationKey,
  rawInput: unknown,
  frame: CallFrame,
): unknown {
  const { caller, operation } = record
  checkRole(caller, operation)
  const input = checkInput(operation, rawInput)
  const silo = siloOf(caller, operation, input, parts.silos)
  const given = silo ? { ...(input as object), silo_id: silo.silo_id } : input
  record.silo = silo?.silo_id ?? null
  parts.approvals.check(caller, operation, given, silo)
  const handle = parts.handlers[key] as (input: unknown, context: CallContext) => unknown
  const context = new Context(frame, caller, silo)
  if (!operation.changes && operation.streams !== 'items') return handle(given, context)
  return record.begin().then(() => handle(given, context))
}

class Context implements CallContext {
  readonly emit: (item: unknown) => void
  readonly caller: Caller
  readonly silo: SiloName | undefined
  readonly #frame: CallFrame

  constructor(frame: CallFrame, caller: Caller, silo: SiloName | undefined) {
    this.emit = frame.emit
    this.caller = caller
    this.silo = silo
    this.#frame = frame
  }

  /** Made when somebody looks at it. */
  get signal(): AbortSignal {
    return this.#frame.signal
  }
}

/** The audit rows of one call. */
class CallRecord {
  readonly caller: Caller
  readonly operation: Operation
  silo: string | null = null
  ended = false
  readonly #parts: PerformParts
  readonly #input: string
  readonly #call: string
  readonly #began: number

  constructor(parts: PerformParts, caller: Caller, operation: Operation, rawInput: unknown) {
    this.caller = caller
    this.operation = operation
    this.#parts = parts
    this.#input = redactedText(rawInput ?? {}, operation.sensitive)
    this.#call = ulid(parts.clock.now())
    this.#began = parts.clock.monotonic()
  }

  begin(): Promise<void> {
    return this.#append('begun', null)
  }

  end(outcome: 'ok' | 'refused' | 'failed', code: HangarError['code'] | null): Promise<void> {
    this.ended = true
    return this.#append(outcome, code)
  }

  #append(outcome: 'begun' | 'ok' | 'refused' | 'failed', code: string | null): Promise<void> {
    const { id, role, via } = this.caller
    return this.#parts.audit.append({
      call: this.#call,
      caller: id,
      role,
      via,
      operation: this.operation.name,
      silo_id: this.silo,
      input: this.#input,
      outcome,
      code,
      duration_ms: Math.round((this.#parts.clock.monotonic() - this.#began) * 100) / 100,
    })
  }
}
