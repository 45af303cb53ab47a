/** What a HangarError carries besides its message. `user` errors are shown as they are; `system` errors ask for a report. */
export interface ErrorDetails {
  /** Stable, never reused: `HGR_<AREA>_<WHAT>`. */
  readonly code: string
  /** HTTP status that fits this error. Default: 500 for system errors, 400 for user errors. */
  readonly status?: number
  /** What the reader can do about it, one sentence. */
  readonly hint?: string
  /** Small, serialisable facts for programs; never a secret. */
  readonly data?: Record<string, unknown>
  readonly cause?: unknown
  readonly kind?: 'user' | 'system'
}

/**
 * The one error class. CLI, REST and MCP render the same error; only the renderer differs.
 * Messages are one sentence: what was attempted, what happened, the number that matters.
 */
export class HangarError extends Error {
  override readonly name = 'HangarError'
  readonly code: string
  readonly status: number
  readonly kind: 'user' | 'system'
  readonly hint: string | undefined
  readonly data: Record<string, unknown> | undefined

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = details.code
    this.kind = details.kind ?? ((details.status ?? 400) >= 500 ? 'system' : 'user')
    this.status = details.status ?? (this.kind === 'user' ? 400 : 500)
    this.hint = details.hint
    this.data = details.data
  }

  /** The wire form: no stack, no cause. */
  toJSON(): { code: string; message: string; hint?: string; data?: Record<string, unknown> } {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.data === undefined ? {} : { data: this.data }),
    }
  }
}

/** Message of anything that was thrown, without a stack. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name
  return String(thrown)
}

/** The system error code (`ENOENT`, `EADDRINUSE`, …) of anything that was thrown. */
export function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  return typeof thrown.code === 'string' ? thrown.code : undefined
}

/** Wraps whatever was thrown as a system error; a HangarError passes unchanged. */
export function asHangarError(thrown: unknown, doing: string): HangarError {
  if (thrown instanceof HangarError) return thrown
  return new HangarError(`${doing}: ${messageOf(thrown)}`, {
    code: 'HGR_INTERNAL',
    status: 500,
    cause: thrown,
  })
}

/** The answer of everything that is part of a surface but not built. */
export function notImplemented(what: string, hint?: string): HangarError {
  return new HangarError(`${what} is not available in Hangar`, {
    code: 'HGR_NOT_IMPLEMENTED',
    status: 501,
    kind: 'user',
    ...(hint === undefined ? {} : { hint }),
  })
}
