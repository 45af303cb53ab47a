import type { Role } from '#contract'

/** Who asks. Made by a face (the socket's caller is the operator) or by the Authenticator; nobody else makes one. */
export interface Caller {
  /** Stable; audit rows and rate limits are kept by it. `operator`, or the agent's client id. */
  readonly id: string
  readonly kind: 'operator' | 'agent'
  readonly role: Role
  /** Canonical ids of the silos that it holds; `*`: all, also those to come. */
  readonly silos: '*' | readonly string[]
  readonly via: 'socket' | 'rest' | 'mcp'
}

/** Whoever can open the Unix socket is the user who runs the daemon. */
export const operatorOnSocket: Caller = Object.freeze({
  id: 'operator',
  kind: 'operator',
  role: 'operator',
  silos: '*',
  via: 'socket',
})

export function isOperator(caller: Caller): boolean {
  return caller.kind === 'operator' && caller.role === 'operator'
}
