import { createHmac } from 'node:crypto'
import type { LeaseRecord } from './care-ports.ts'

/** The lease for the REST service: a token whose role is the lease's own role in PostgreSQL, so that its grants decide there too. */
export function leaseToken(lease: LeaseRecord, jwtSecret: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const head = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({
    iss: 'hangar',
    role: lease.role,
    lease: lease.id,
    max_rows: lease.rowLimit,
    statement_timeout_ms: lease.statementTimeoutMs,
    iat: Math.floor(lease.createdAt / 1000),
    exp: Math.floor(lease.expiresAt / 1000),
  })}`
  return `${head}.${createHmac('sha256', jwtSecret).update(head).digest('base64url')}`
}
