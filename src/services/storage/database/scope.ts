import pg from 'pg'

/** As whom a transaction runs; what policies can ask about it. */
export interface Scope {
  readonly role: string
  /** All claims of the verified token, as JSON. */
  readonly claims: string
  readonly subject: string
  readonly token: string
  readonly headers: string
  readonly method: string
  readonly path: string
  /** e.g. `storage.object.upload` */
  readonly operation: string
}

/** The statement that makes the running transaction act for that scope; its settings end with the transaction. */
export function scopeStatement(scope: Scope): string {
  const settings: Record<string, string> = {
    role: scope.role,
    'request.jwt.claim.role': scope.role,
    'request.jwt': scope.token,
    'request.jwt.claim.sub': scope.subject,
    'request.jwt.claims': scope.claims,
    'request.headers': scope.headers,
    'request.method': scope.method,
    'request.path': scope.path,
    'storage.operation': scope.operation,
    'storage.allow_delete_query': 'true',
  }
  const calls = Object.entries(settings).map(
    ([name, value]) => `set_config('${name}', ${pg.escapeLiteral(value)}, true)`,
  )
  return `select ${calls.join(', ')}`
}
