import type { FastifyInstance } from '#http'
import type { Audit } from './audit/index.ts'
import type { Authenticator } from './authenticator.ts'
import type { Perform } from './perform.ts'

/** What a face stands on. */
export interface FaceParts {
  readonly perform: Perform
  readonly authenticator: Authenticator
  /** For what a face does beside `perform`. */
  readonly audit: Pick<Audit, 'append'>
  /** Where the desk answers on TCP, e.g. `http://127.0.0.1:20007`, without a slash at the end. */
  readonly origin: string
}

/**
 * Routes of a further face on the desk's TCP listener (MCP, OAuth, discovery). Host and Origin have been checked when they are reached;
 * who calls has not: a face asks the authenticator where that matters. Whatever it does goes through `perform`.
 */
export interface DeskFace {
  register(app: FastifyInstance, parts: FaceParts): void | Promise<void>
}
